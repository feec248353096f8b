#!/usr/bin/env bash
# Trains GoogLeNet on CIFAR-10: ./train.sh [arguments of `cifar10 train`], for example ./train.sh --recipe smoke
set -euo pipefail
sample="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/samples/Cifar10Training"
dotnet msbuild "$sample" -restore -p:Configuration=Release -nologo -verbosity:quiet -clp:NoSummary >&2
# exec: signals reach the application, and its exit code is this script's.
exec dotnet "$sample/bin/Release/net10.0/cifar10.dll" train "$@"
