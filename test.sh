#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [arguments of `dotnet test`], for example ./test.sh --filter Serialization
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# Most code of a test runs a few times: counting its calls, to compile it once more, is a fifth of the processor time.
export DOTNET_TieredPGO=0
# Memory that a test frees is kept for the next one, and collected every 64 MB: on a virtual machine new pages are dear.
export MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TOP_PAD_=33554432 DOTNET_GCgen0size=0x4000000
dotnet build GoogLeNet.Net.sln -c Release --nologo -v quiet
built() { echo "tests/$1/bin/Release/net10.0/$1.dll"; }
# A process for each, two at a time: three only wait for each other on two cores.
exec dotnet test "$(built Samples.Tests)" "$(built GoogLeNet.Net.Tests)" "$(built Consumer)" --nologo "$@" -- RunConfiguration.MaxCpuCount=2
