#!/usr/bin/env bash
# Builds the CIFAR-10 sample and runs one of its commands: ./cifar10.sh train|evaluate|predict|export|summary|doctor [arguments]
set -euo pipefail
sample="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/samples/Cifar10Training"
program="$sample/bin/Release/net10.0/cifar10.dll"
build() { dotnet msbuild "$sample" -restore -p:Configuration=Release -nologo -verbosity:quiet -clp:NoSummary >&2; }
if [ -z "${OMPI_COMM_WORLD_SIZE:-}${PMI_SIZE:-}${SLURM_STEP_NUM_TASKS:-}" ]; then
  build
else
  # One of the processes that mpirun or srun started builds, where nothing is built yet; the others wait.
  mkdir -p "$sample/obj"
  exec 9>>"$sample/obj/build.lock"
  flock 9
  [ -f "$program" ] || build
  exec 9>&-
fi
# The name as it was typed is what the sample prints in commands to go on.
case "$0" in */*) export CIFAR10_COMMAND="$0" ;; *) export CIFAR10_COMMAND="./$0" ;; esac
# exec: signals reach the application, and its exit code is this script's.
exec dotnet "$program" "$@"
