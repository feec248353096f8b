#!/usr/bin/env bash
# Makes the packages: eng/pack.sh FOLDER [arguments of `dotnet pack`]. Prints their paths.
set -euo pipefail
folder="${1:?usage: eng/pack.sh FOLDER [arguments of dotnet pack]}"
shift
for project in src/GoogLeNet.Net.Inference src/GoogLeNet.Net templates/GoogLeNet.Net.Templates; do
  # Source paths in the symbols are the repository's, not this machine's.
  dotnet pack "$(dirname "${BASH_SOURCE[0]}")/../$project" -c Release --nologo -v quiet -p:ContinuousIntegrationBuild=true -o "$folder" "$@" >&2
done
printf '%s\n' "$folder"/GoogLeNet.Net.*nupkg
