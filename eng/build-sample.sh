#!/usr/bin/env bash
# Builds samples/Cifar10Training where something changed since the last build, and prints the path of cifar10.dll.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" # for the global.json and nuget.config that hold here, not those of the caller's folder
stamp="artifacts/sample-build"

# What decides the build apart from files of the repository; the stamp's first line. Its last line is the path of what was built.
inputs="$(printf '%s ' "${TORCH_ENGINE:-}" "${Torch_DIR:-}" "${TorchSharpAssembly:-}" "${TorchBackend:-}" \
  "$(cksum artifacts/torch-engine.props 2> /dev/null)" "$([ -e /proc/driver/nvidia/version ] && echo nvidia)" "$(dotnet --version)")"

# -cnewer asks for the change of content, name or attributes, which also shows in files that were copied with an old date.
up_to_date() {
  [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$inputs" ] && [ -f "$(tail -n 1 "$stamp")" ] &&
    [ -z "$(find src samples/Cifar10Training samples/Directory.* eng Directory.* nuget.config .editorconfig \( -name bin -o -name obj \) -prune -o -cnewer "$stamp" -print -quit)" ]
}

if ! up_to_date; then
  echo "building samples/Cifar10Training" >&2
  # Made before the clock starts: a folder that the build makes would count as a change of the folder around it.
  mkdir -p artifacts {src/SystemTorch,src/GoogLeNet.Net,samples/Cifar10Training}/{bin,obj}
  started="$(mktemp artifacts/sample-build.XXXXXX)"
  trap 'rm -f "$started"' EXIT
  build=(dotnet msbuild samples/Cifar10Training -restore -p:Configuration=Release -nologo -verbosity:quiet -consoleLoggerParameters:"ErrorsOnly;NoSummary")
  # One build at a time. --close: the compiler's server process outlives the build and would keep the lock.
  if command -v flock > /dev/null; then build=(flock --close artifacts/build.lock "${build[@]}"); fi
  "${build[@]}" >&2
  printf '%s\n' "$inputs" "$(dotnet msbuild samples/Cifar10Training -p:Configuration=Release -getProperty:TargetPath)" > "$started.new"
  touch -r "$started" "$started.new" # what was edited during the build is newer
  mv "$started.new" "$stamp"
fi
tail -n 1 "$stamp"
