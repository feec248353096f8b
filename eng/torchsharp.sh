# shellcheck shell=bash
# Whether TorchSharp's native library can run here. Sourced by eng/setup.sh.

torchsharp_runs_here() {
  case "$(uname -sm)" in
    "Linux x86_64" | "Darwin arm64") ;;
    *) return 1 ;;
  esac
}

# Prints what the restored native library needs of this system's C and C++ libraries and does not find; nothing where it loads.
torchsharp_lacks() {
  local native needed name
  if [ "$(uname -s)" != Linux ]; then return; fi
  # shellcheck disable=SC2154 # root and version are those of eng/setup.sh
  native="$(cd "$root" && dotnet msbuild eng/TorchSharpProbe -p:TorchEngine=TorchSharp -getProperty:NuGetPackageRoot 9>&-)"
  # shellcheck disable=SC2154
  native="${native%/}/torchsharp/$version/runtimes/linux-x64/native/libLibTorchSharp.so"
  if [ ! -f "$native" ]; then return; fi # packed otherwise than 0.107: the first use will tell
  for name in libstdc++.so.6 libc.so.6; do
    for needed in $(versions_in "$native" | grep "^$(prefix_of $name)_" || true); do
      if ! versions_in "$(system_library $name)" | grep -qxF "$needed"; then
        echo "$needed is not in this system's $name"
        return
      fi
    done
  done
}

prefix_of() { # library
  case "$1" in
    libstdc*) echo GLIBCXX ;;
    *) echo GLIBC ;;
  esac
}

# Symbol versions named in a library; read without binutils, which a bare machine lacks.
versions_in() { # file
  grep -aoE 'GLIBC(XX)?_[0-9]+(\.[0-9]+)+' "$1" 2> /dev/null | sort -u || true
}

# The file that the loader takes for a library's name.
system_library() { # name
  local folder
  local -a own
  IFS=: read -r -a own <<< "${LD_LIBRARY_PATH:-}"
  for folder in "${own[@]}" /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /lib64 /usr/lib64 /usr/lib; do
    if [ -n "$folder" ] && [ -f "$folder/$1" ]; then
      echo "$folder/$1"
      return
    fi
  done
  echo "/$1"
}
