#!/usr/bin/env bash
# Packs what the chosen torch engine asks for: eng/pack.sh FOLDER [arguments of `dotnet pack`]. With engine TorchSharp that is GoogLeNet.Net, with
# System also the SystemTorch that it then depends on, both marked -system. Prints the paths of the packages.
set -euo pipefail
export DOTNET_NOLOGO=1
if [ $# -eq 0 ]; then
  echo "usage: eng/pack.sh FOLDER [arguments of dotnet pack]" >&2
  exit 2
fi
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
shift
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
eng/setup.sh >&2
# The engine may be one of the arguments, -p:TorchEngine=System.
properties=()
for argument in "$@"; do
  case "$argument" in -p:* | --property:* | /p:*) properties+=("$argument") ;; esac
done
projects=(src/GoogLeNet.Net)
if [ "$(dotnet msbuild src/GoogLeNet.Net -getProperty:TorchEngine "${properties[@]}")" = System ]; then projects+=(src/SystemTorch); fi
for project in "${projects[@]}"; do
  # Source paths in the symbols are the repository's, not this machine's.
  dotnet pack "$project" -c Release --nologo -verbosity:quiet -p:ContinuousIntegrationBuild=true -o "$folder" "$@" >&2
done
printf '%s\n' "$folder"/GoogLeNet.Net*.*nupkg
