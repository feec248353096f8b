#!/bin/sh
# build.sh FOLDER [TORCH_DIR]: builds FOLDER/libsystemtorch.so, two callers at once one after the other.
# On failure the last line of the output says why. TORCH_DIR is the folder of libtorch's TorchConfig.cmake.
set -eu

source=$(cd "$(dirname "$0")" && pwd)
output=$1
torch=${2:-}
install="install libtorch-dev libopenblas0-pthread cmake g++ make (apt-get install), or run eng/setup.sh"

fail() {
    echo "libsystemtorch.so cannot be built: $1"
    exit 1
}

command -v cmake >/dev/null || fail "cmake is missing; $install"
command -v g++ >/dev/null || fail "g++ is missing; $install"
if command -v ninja >/dev/null; then
    generator=Ninja
else
    command -v make >/dev/null || fail "make is missing; $install"
    generator="Unix Makefiles"
fi

mkdir -p "$output/build"
exec 9>"$output/build/lock"
flock 9

log=$output/build/log.txt
rm -f "$output/build/CMakeCache.txt" # it would remember another libtorch
cmake -G "$generator" -S "$source" -B "$output/build" ${torch:+"-DTorch_DIR=$torch"} >"$log" 2>&1 ||
    fail "CMake finds no libtorch${torch:+ in $torch}; $install, or name the folder of a TorchConfig.cmake by the property TorchDir (see $log)"
cmake --build "$output/build" --parallel >>"$log" 2>&1 || fail "the compiler says: $(grep -m1 -i 'error' "$log" || tail -n1 "$log") (see $log)"

# A running program keeps the library that it loaded.
cp "$output/build/libsystemtorch.so" "$output/libsystemtorch.so.new"
mv "$output/libsystemtorch.so.new" "$output/libsystemtorch.so"
