# shellcheck shell=bash
# What the engine System builds its shim with: cmake, a C++ compiler and libtorch. Sourced by eng/setup.sh.

# Prints the Debian packages that stand for what is missing; nothing where the machine has it all, packaged or not.
system_torch_lacks() {
  command -v cmake > /dev/null || echo cmake
  command -v ninja > /dev/null || command -v make > /dev/null || echo make
  command -v "${CXX:-c++}" > /dev/null || command -v g++ > /dev/null || command -v clang++ > /dev/null || echo g++
  if [ -n "${Torch_DIR:-}" ]; then return; fi # a libtorch of one's own
  has_file /usr/lib/*/cmake/Torch /usr/share/cmake/Torch /usr/local/lib/cmake/Torch /usr/local/share/cmake/Torch || echo libtorch-dev
  fast_blas || echo libopenblas0-pthread
}

has_file() { # folders that may hold TorchConfig.cmake
  local folder
  for folder; do
    if [ -f "$folder/TorchConfig.cmake" ]; then return 0; fi
  done
  return 1
}

# Debian's libtorch calls whatever libblas.so.3 is; the default, the reference BLAS in .../blas/, is many times slower.
fast_blas() {
  local library
  for library in /usr/lib/*/libblas.so.3; do
    case "$(readlink -f "$library")" in
      "" | */blas/*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# Installs what is missing with apt-get when root; otherwise says in one line what to install.
system_torch_install() {
  local lacks log
  if [ -n "${Torch_DIR:-}" ] && [[ "$Torch_DIR" != /* || ! -f "$Torch_DIR/TorchConfig.cmake" ]]; then
    echo "setup: Torch_DIR is '$Torch_DIR'; it must be the full path of a folder that holds TorchConfig.cmake" >&2
    return 1
  fi
  lacks="$(system_torch_lacks | tr '\n' ' ')" lacks="${lacks% }"
  if [ -z "$lacks" ]; then return; fi
  if ! command -v apt-get > /dev/null; then
    echo "setup: the torch engine System needs cmake, make, a C++ compiler and libtorch (Torch_DIR=<folder of TorchConfig.cmake>); missing here: $lacks" >&2
    return 1
  elif [ "$(id -u)" -ne 0 ]; then
    echo "setup: the torch engine System needs packages; as root: apt-get install --no-install-recommends $lacks" >&2
    return 1
  fi

  echo "installing $lacks with apt-get"
  log="$(mktemp)"
  # shellcheck disable=SC2086 # one word for each package
  if ! { apt_get update && apt_get install -y --no-install-recommends $lacks; } > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "setup: apt-get could not install $lacks; the whole log is $log" >&2
    return 1
  fi
  rm "$log"
  lacks="$(system_torch_lacks | tr '\n' ' ')"
  if [ -n "$lacks" ]; then
    echo "setup: installed, yet not found: ${lacks% }; is /usr/bin on the PATH?" >&2
    return 1
  fi
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@" < /dev/null
}
