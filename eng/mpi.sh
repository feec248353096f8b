#!/usr/bin/env bash
# Trains over a real MPI, by hand: no CI machine has one. Needs mpirun of Open MPI, of MPICH or of both, and python3.
#   eng/mpi.sh            the same network on 1, 2 and 4 processes; faults
#   eng/mpi.sh kills N    N kills of random processes at random moments, each resumed: the weights must be those of a run without kills
set -euo pipefail
root="$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cifar10() { "${program[@]}" "$@"; }
program=(dotnet "$root/samples/Cifar10Training/bin/Release/net10.0/cifar10.dll")
[ -f "${program[1]}" ] || dotnet build "$root/samples/Cifar10Training" -c Release --nologo -v quiet
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" NO_COLOR=1 TERM=dumb
settings=(--precision fp32 --data synthetic --limit 640 --seed 0)

# Plain SGD at a low rate: Muon, and rates at which the loss jumps, make one thread more or less another network within 20 steps.
recipe() { # name normalization format of the sums of gradients
  cat > "$work/$1.json" <<JSON
{ "name": "$1", "spec": { "name": "$1", "inputSize": 32,
  "layers": [
    { "layer": "convolution", "name": "conv1", "channels": 32, "kernel": 3 }, { "layer": "maxPool", "name": "maxpool1", "kernel": 3, "stride": 2 },
    { "layer": "inception", "name": "3a", "conv1x1": 16, "reduce3x3": 16, "conv3x3": 32, "reduce5x5": 8, "conv5x5": 8, "poolProjection": 8 },
    { "layer": "inception", "name": "3b", "conv1x1": 32, "reduce3x3": 32, "conv3x3": 48, "reduce5x5": 8, "conv5x5": 16, "poolProjection": 16 }],
  "auxiliaries": [{ "name": "aux1", "after": "3a", "pooling": { "pooling": "adaptiveAverage", "size": 2 }, "channels": 16, "hidden": 64, "dropout": 0.3 }],
  "blocks": { "normalization": "$2", "weights": "heUniform" }, "pooling": "floor", "dropout": 0.3 },
  "trainer": { "epochs": 1, "batchSize": 32, "reducePrecision": "$3", "schedule": { "schedule": "triangular", "peak": 0.002 }, "optimizer": { "optimizer": "sgd", "nesterov": true },
  "trainTransforms": [{ "transform": "randomCrop", "padding": 2 }, { "transform": "horizontalFlip" }, { "transform": "scaleToUnit" }] } }
JSON
}
recipe plain none float32
recipe norm batchNorm float32
recipe rounded none bFloat16
run=(train --recipe "$work/norm.json" "${settings[@]}")

launchers=()
for name in openmpi mpich; do
  command -v "mpirun.$name" > /dev/null && launchers+=("mpirun.$name")
done
[ ${#launchers[@]} -gt 0 ] || { command -v mpirun > /dev/null && launchers=(mpirun); } || { echo "eng/mpi.sh: there is no mpirun; nothing was tried." >&2; exit 2; }

start() { # launcher processes [arguments of mpirun …] -- command …
  local launcher="$1" count="$2"; shift 2
  if "$launcher" --version 2>&1 | grep -q -e OpenRTE -e "Open MPI"; then
    "$launcher" --allow-run-as-root --oversubscribe --bind-to none -n "$count" "$@"
  else
    "$launcher" -n "$count" "$@"
  fi
}

compare() { # folder folder → the relative differences of losses and weights
  python3 - "$1" "$2" <<'PY'
import csv, json, math, struct, sys
def losses(folder):
    row = list(csv.DictReader(open(folder + "/history.csv")))
    return [float(value) for each in row for key, value in each.items() if key.endswith("_loss") and value]
def weights(folder):
    data = open(folder + "/last.safetensors", "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size]); header.pop("__metadata__")
    out = []
    for key in sorted(header):
        entry = header[key]
        if entry["dtype"] == "F32" and not key.startswith(("optimizer", "epoch", "best")):
            first, end = entry["data_offsets"]
            out += struct.unpack(f"<{(end - first) // 4}f", data[8 + size + first:8 + size + end])
    return out
def difference(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)) / sum(x * x for x in a))
a, b = sys.argv[1:]
l, w = difference(losses(a), losses(b)), difference(weights(a), weights(b))
print(f"losses differ by {l:.1e}, weights by {w:.1e}", "the same bits" if w == 0 else "")
sys.exit(0 if l < 1e-5 else 1)
PY
}

if [ "${1:-}" = kills ]; then
  # Several epochs with a checkpoint after each; the moments are those of processes that are all at work.
  run=("${run[@]}" --epochs 8)
  launcher="${launchers[0]}"
  began="$(date +%s%N)"
  start "$launcher" 2 "${program[@]}" "${run[@]}" --distributed mpi --out "$work/whole" > "$work/whole.log"
  length=$(($(date +%s%N) - began))
  kills=0
  while [ "$kills" -lt "${2:-20}" ]; do
    rm -rf "$work/killed"
    arguments=("${run[@]}")
    while true; do
      start "$launcher" 2 "${program[@]}" "${arguments[@]}" --distributed mpi --out "$work/killed" > "$work/killed.log" 2> "$work/killed.err" &
      job=$!
      sleep "$(python3 -c "import random; print($length * random.uniform(0.1, 1) / 1e9)")"
      mapfile -t ours < <(pgrep -f "cifar10.dll train.*--out $work/killed" | while read -r id; do [ "$(ps -o comm= -p "$id")" = dotnet ] && echo "$id"; done)
      if kill -0 "$job" 2> /dev/null && [ ${#ours[@]} -gt 0 ] && [ "$kills" -lt "${2:-20}" ]; then
        kill -9 "${ours[RANDOM % ${#ours[@]}]}" 2> /dev/null || true
        kills=$((kills + 1))
        began=$SECONDS
        wait "$job" || true
        echo "kill $kills: all ended within $((SECONDS - began)) s"
      elif wait "$job"; then
        break
      fi
      if [ -f "$work/killed/last.safetensors" ]; then arguments=(train --resume); else rm -rf "$work/killed"; arguments=("${run[@]}"); fi
    done
    echo -n "finished after $kills kills: "
    compare "$work/whole" "$work/killed"
  done
  exit 0
fi

failed=0
for name in plain norm rounded; do
  cifar10 train --recipe "$work/$name.json" "${settings[@]}" --out "$work/$name" > /dev/null
done
for launcher in "${launchers[@]}"; do
  for name in plain norm rounded; do
    for count in 2 4; do
      start "$launcher" "$count" "${program[@]}" train --recipe "$work/$name.json" "${settings[@]}" --distributed mpi --out "$work/$launcher-$name-$count" > "$work/log" 2>&1 || { tail -5 "$work/log"; failed=1; continue; }
      echo -n "$launcher, $count processes, $name: "
      compare "$work/$name" "$work/$launcher-$name-$count" || failed=1
    done
  done

  echo "$launcher, another batch in process 1:"
  { start "$launcher" 2 bash -c 'rank=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; exec "$@" --batch $((32 + rank))' _ "${program[@]}" "${run[@]}" --distributed mpi --out "$work/refused" || true; } 2>&1 | grep "^cifar10:\|^GoogLeNet.Net:" || failed=1

  echo "$launcher, a library that is not there:"
  { GOOGLENET_MPI_LIBRARY=/nowhere/libmpi.so start "$launcher" 2 "${program[@]}" "${run[@]}" --distributed mpi --out "$work/none" || true; } 2>&1 | grep -m1 "^cifar10:" || failed=1
done

if [ ${#launchers[@]} -eq 2 ]; then
  echo "another MPI than the launcher's:"
  { GOOGLENET_MPI_LIBRARY=libmpich.so.12 start mpirun.openmpi 2 "${program[@]}" "${run[@]}" --distributed mpi --out "$work/other" || true; } 2>&1 | grep -m1 "^cifar10:" || failed=1
  { GOOGLENET_MPI_LIBRARY=libmpi.so.40 start mpirun.mpich 2 "${program[@]}" "${run[@]}" --distributed mpi --out "$work/other" || true; } 2>&1 | grep -m1 "^cifar10:" || failed=1
fi
exit $failed
