#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [arguments of `dotnet test`], for example ./test.sh --filter Serialization
set -euo pipefail
export DOTNET_NOLOGO=1
# libtorch's threads spin for microseconds before they sleep, so that other programs get the cores. Engine System does this by itself, TorchSharp not.
if [ -z "${OMP_WAIT_POLICY:-}" ]; then export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-2000}"; fi
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
eng/setup.sh
build=(dotnet msbuild GoogLeNet.Net.sln -restore -p:Configuration=Release -nologo -verbosity:quiet -consoleLoggerParameters:"ErrorsOnly;NoSummary")
# One build at a time. --close: the compiler's server process outlives the build and would keep the lock.
mkdir -p artifacts
if command -v flock > /dev/null; then build=(flock --close artifacts/build.lock "${build[@]}"); fi
"${build[@]}"
exec dotnet test GoogLeNet.Net.sln -c Release --nologo -verbosity:quiet "$@"
