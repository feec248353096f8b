#!/usr/bin/env bash
# Trains GoogLeNet on CIFAR-10: ./train.sh [arguments of `cifar10 train`], for example ./train.sh --recipe smoke
set -euo pipefail
export DOTNET_NOLOGO=1
# libtorch's threads spin for microseconds before they sleep, so that other programs get the cores. Engine System does this by itself, TorchSharp not.
if [ -z "${OMP_WAIT_POLICY:-}" ]; then export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-2000}"; fi
root="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
"$root/eng/setup.sh" >&2
app="$("$root/eng/build-sample.sh")"
# exec: signals reach the application, and its exit code is this script's.
exec dotnet "$app" train "$@"
