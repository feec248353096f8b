#!/usr/bin/env bash
# Builds everything and runs every test: ./test.sh [arguments of `dotnet test`], for example ./test.sh --filter Serialization
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
exec dotnet test GoogLeNet.Net.sln -c Release --nologo -v quiet -m:2 "$@"
