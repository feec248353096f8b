#!/usr/bin/env bash
# Trains GoogLeNet on CIFAR-10: ./train.sh [arguments of `cifar10 train`], for example ./train.sh --recipe smoke
set -euo pipefail
export DOTNET_NOLOGO=1
# libtorch's threads wait asleep: spinning gains nothing here, and costs twentyfold where other programs want the cores.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}"
root="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
"$root/eng/setup.sh" >&2
app="$("$root/eng/build-sample.sh")"
# exec: signals reach the application, and its exit code is this script's.
exec dotnet "$app" train "$@"
