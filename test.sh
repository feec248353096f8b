#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [arguments of `dotnet test`], for example ./test.sh --filter Serialization
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
dotnet build GoogLeNet.Net.sln -c Release --nologo -v quiet
# Both at once: one of them waits most of the time for builds and programs of its own.
dotnet test tests/Consumer -c Release --no-build --nologo -v quiet "$@" & consumer=$!
dotnet test tests/GoogLeNet.Net.Tests -c Release --no-build --nologo -v quiet "$@" && passed=1 || passed=0
wait "$consumer"
[ "$passed" = 1 ]
