#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [--no-build] [arguments of `dotnet test`], for example ./test.sh --filter Serialization
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# Most code of a test runs a few times: counting its calls, to compile it once more, is a fifth of the processor time.
export DOTNET_TieredPGO=0
# Young objects are collected every 16 MB: as often as .NET chooses where a virtual machine hides its caches, tests take a tenth longer.
export DOTNET_GCgen0size=0x1000000
if [ "${1:-}" = --no-build ]; then shift; else dotnet build GoogLeNet.Net.sln -c Release --nologo -v quiet; fi
built() { echo "tests/$1/bin/Release/net10.0/$1.dll"; }
# A process for each, two at a time: three only wait for each other on two cores.
exec dotnet test "$(built Samples.Tests)" "$(built GoogLeNet.Net.Tests)" "$(built Consumer)" --nologo "$@" -- RunConfiguration.MaxCpuCount=2
