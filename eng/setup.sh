#!/usr/bin/env bash
# Chooses the torch engine, remembers the choice in artifacts/torch-engine.props, and makes sure of what the engine needs.
# TORCH_ENGINE=TorchSharp|System overrides the choice for one command. To decide again, delete that file.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
choice="$root/artifacts/torch-engine.props"
version="$(sed -n 's:.*<TorchSharpVersion>\(.*\)</TorchSharpVersion>.*:\1:p' "$root/Directory.Packages.props")"
# shellcheck source=eng/torchsharp.sh
. "$root/eng/torchsharp.sh"
# shellcheck source=eng/system-torch.sh
. "$root/eng/system-torch.sh"

fail() { # exit code, message
  echo "setup: $2" >&2
  exit "$1"
}

# Prints the engine chosen before, if it was chosen for this version of TorchSharp.
remembered() {
  if [ -f "$choice" ]; then sed -nE "s/.* for TorchSharp $version: (TorchSharp|System) -->/\1/p" "$choice"; fi
}

# Renamed into place, so that a build that runs meanwhile never reads half of it.
remember() { # what was answered about TorchSharp: its version, or "?" where that must be asked again
  cat > "$choice.$$" << EOF
<Project>
  <!-- Chosen by eng/setup.sh for TorchSharp $1: $engine -->
  <PropertyGroup Condition="'\$(TorchEngine)' == ''">
    <TorchEngine>$engine</TorchEngine>
  </PropertyGroup>
</Project>
EOF
  mv "$choice.$$" "$choice"
}

# Sets engine and why, and remembers the engine.
decide() {
  local log lacks code=0 answered="$version"
  case "$(cd "$root" && dotnet --version 2> /dev/null)" in
    [1-9][0-9].*) ;;
    *) fail 1 "the .NET 10 SDK is not installed; 'dotnet --list-sdks' shows what is" ;;
  esac
  # Descriptor 9 is the lock below; MSBuild's worker processes live on and would hold it.
  log="$(cd "$root" && limit 60 dotnet restore eng/TorchSharpProbe -p:TorchEngine=TorchSharp --force --nologo 2>&1 9>&-)" || code=$?
  engine=System
  if ! torchsharp_runs_here; then
    why="TorchSharp has no native libraries for $(uname -sm)"
  elif [ "$code" -eq 0 ]; then
    lacks="$(torchsharp_lacks)"
    if [ -z "$lacks" ]; then engine=TorchSharp why="TorchSharp $version restores"; else why="TorchSharp $version restores but does not load: $lacks"; fi
  elif grep -q 'NU110[0-9]' <<< "$log" && ! grep -q NU1301 <<< "$log"; then
    why="TorchSharp $version does not restore from the configured NuGet sources"
  else
    answered="?" why="no answer about TorchSharp $version from the NuGet sources; asked again next time, unless TORCH_ENGINE is set"
  fi
  remember "$answered"
}

limit() { # seconds, command...
  if command -v timeout > /dev/null; then timeout "$@"; else "${@:2}"; fi
}

command -v dotnet > /dev/null || fail 1 "dotnet is not on the PATH: install the .NET 10 SDK"
engine="${TORCH_ENGINE:-}" why="TORCH_ENGINE"
case "$engine" in
  TorchSharp | System) ;;
  "")
    engine="$(remembered)" why=""
    ;;
  *) fail 2 "TORCH_ENGINE is '$engine'; it must be TorchSharp or System" ;;
esac

if [ -z "$engine" ] || { [ "$engine" = System ] && [ -n "$(system_torch_lacks)" ]; }; then
  # One setup at a time; the second finds the first one's choice.
  mkdir -p "$root/artifacts"
  exec 9> "$root/artifacts/setup.lock"
  if command -v flock > /dev/null; then flock 9; fi
  if [ -z "$engine" ]; then engine="$(remembered)"; fi
  if [ -z "$engine" ]; then decide; fi
fi
echo "torch engine: $engine${why:+ ($why)}"
if [ "$engine" = System ]; then system_torch_install; fi
