#!/usr/bin/env bash
# Makes the package: eng/pack.sh FOLDER [arguments of `dotnet pack`]. Prints its path.
set -euo pipefail
folder="${1:?usage: eng/pack.sh FOLDER [arguments of dotnet pack]}"
shift
# Source paths in the symbols are the repository's, not this machine's.
dotnet pack "$(dirname "${BASH_SOURCE[0]}")/../src/GoogLeNet.Net" -c Release --nologo -v quiet -p:ContinuousIntegrationBuild=true -o "$folder" "$@" >&2
printf '%s\n' "$folder"/GoogLeNet.Net.*nupkg
