#!/usr/bin/env bash
# Everything that is to be measured on a GPU, in one run that prints its table last.
#
#   eng/gpu.sh publish DIR            on a machine with .NET: programs and, where they are there, CIFAR-10's files, all that `run` needs
#   DIR/gpu.sh run [options]          on a machine with a GPU: no .NET; a Python with torch 2.10 or later and torchvision (PEER_PYTHON, else python3)
#     --device cuda|cpu  cpu takes the same way with little work, to see that it leads somewhere (default cuda)
#     --minutes N        ends after about N minutes, whatever is left undone (default 12)
#     --quick            the least work that shows that every part runs
#     --data DIR         CIFAR-10's binary files (default: DIR/cifar-10 if published; synthetic images otherwise, which show speed alone)
#     --only PART        one part: rate, peers, tutorial, seeds or long; may be given again (default: all)
#     --epochs N         of the three seeds' runs (default: the recipe's)
#     --long-epochs N    of the long run (default: 60, or as many as fit the time left by the seeds' speed, 200 at most)
#     --out DIR          keeps each part's output, and the runs' reports (default: a folder that is deleted)
#     --torch DIR        folder of libtorch_cpu.so to compute with (default: that of Python's torch)
#
# The programs carry TorchSharp's own native library alone, 2 MB; libtorch, and CUDA with it, is that of the machine's Python.
#
# Each part that fails, or for which no time is left, is a row that says so.
set -uo pipefail
here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

fail() {
  echo "gpu.sh: $1" >&2
  exit 2
}

publish() {
  local target="${1:?gpu.sh publish needs a folder}" root="$here/.." project
  mkdir -p "$target"
  for project in samples/Cifar10Training tests/Benchmarks; do
    dotnet publish "$root/$project" -c Release -r linux-x64 --self-contained -p:TorchBackend=none -o "$target/$(basename "$project")" --nologo -v quiet || exit 1
  done
  cp "$here/gpu.sh" "$target/"
  local cifar="${CIFAR10_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/GoogLeNet.Net/cifar-10}"
  if [ "${WITH_DATA:-1}" = 1 ] && [ -d "$cifar" ]; then cp -r "$cifar" "$target/"; fi
  echo "published to $target: $(du -sh "$target" | cut -f1)"
}

left() { echo $((ends - $(date +%s))); }

row() { printf '| %s | %s | %s |\n' "$1" "$2" "${3:-}" >>"$work/table"; }

wanted() { [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]; }

# part NAME TITLE SECONDS COMMAND…: its output in NAME.log, its errors in NAME.errors; a row where it fails.
part() {
  local log="$work/$1" title="$2" limit="$3" code=0
  shift 3
  [ "$(left)" -lt "$limit" ] && limit="$(left)"
  if [ "$limit" -lt 10 ]; then
    row "$title" "not run: no time left"
    return 1
  fi
  echo "== $title" >&2
  # A shell of its own: timeout starts programs, and these are functions.
  timeout "$limit" bash -c '"$@"' part "$@" >"$log.log" 2>"$log.errors" || code=$?
  [ "$code" -eq 0 ] && return
  local why
  why="$(grep -v '^ *$' "$log.errors" "$log.log" -h | tail -n 1 | cut -c 1-160)"
  [ "$code" -eq 124 ] && why="stopped after $limit s; $why"
  row "$title" "failed" "$why"
  return 1
}

# What one key of a flat JSON file is.
value() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

matrix_rate() {
  "$python" - "$device" "$quick" <<'PYTHON'
import sys, time, torch
device, quick = sys.argv[1], sys.argv[2] == "1"
n = 256 if quick or device == "cpu" else 8192
a, b = (torch.randn(n, n, device=device).bfloat16() for _ in range(2))
best = 0
for _ in range(5):
    if device == "cuda": torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(20): a @ b
    if device == "cuda": torch.cuda.synchronize()
    best = max(best, 20 * 2 * n**3 / (time.perf_counter() - began) / 1e12)
print(f"{best:.2f}")
PYTHON
}

peers() {
  local options=(peers gpu --device "$device" --repetitions 5 --markdown "$work/peers.md")
  [ "$quick" = 1 ] && options+=(--quick)
  "$here/Benchmarks/benchmarks" "${options[@]}"
}

train() { "$here/Cifar10Training/cifar10" train --device "$device" --data "$data" "$@"; }

# recipe_gpu NAME SECONDS OPTION…: accuracy, seconds and epochs of one run of recipe gpu.
recipe_gpu() {
  local name="$1" limit="$2"
  shift 2
  part "$name" "$name" "$limit" train --recipe gpu --out "$work/$name" "$@" || return
  row "$name" "$(value "$work/$name/metrics.json" testAccuracy) % in $(value "$work/$name/metrics.json" wallSeconds) s" \
    "$(value "$work/$name/metrics.json" epochs) epochs, $(value "$work/$name/metrics.json" trainImagesPerSecond) images/s, start and test included"
}

# Epochs that fit nine tenths of the time left, by the seconds that one took the seeds; 60 where that is not known.
affordable_epochs() {
  local seed
  for seed in 2 1 0; do
    [ -f "$work/gpu-seed-$seed/metrics.json" ] || continue
    "$python" -c 'import sys; left, wall, epochs = map(float, sys.argv[1:]); print(max(1, min(200, int(0.9 * left * epochs / wall))))' \
      "$(left)" "$(value "$work/gpu-seed-$seed/metrics.json" wallSeconds)" "$(value "$work/gpu-seed-$seed/metrics.json" epochs)"
    return
  done
  echo 60
}

run() {
  device=cuda quick=0 minutes=12 data="" out="" epochs="" long_epochs="" torch="" only=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --device) device="${2:?--device needs cuda or cpu}"; shift ;;
      --minutes) minutes="${2:?--minutes needs a number}"; shift ;;
      --data) data="${2:?--data needs a folder}"; shift ;;
      --epochs) epochs="${2:?--epochs needs a number}"; shift ;;
      --long-epochs) long_epochs="${2:?--long-epochs needs a number}"; shift ;;
      --out) out="${2:?--out needs a folder}"; shift ;;
      --torch) torch="${2:?--torch needs a folder}"; shift ;;
      --only)
        case "${2:-}" in
          rate | peers | tutorial | seeds | long) only+=("$2") ;;
          *) fail "--only needs rate, peers, tutorial, seeds or long, not '${2:-}'." ;;
        esac
        shift ;;
      --quick) quick=1 ;;
      *) fail "'$1' is no option; see the head of this file." ;;
    esac
    shift
  done
  [ -x "$here/Benchmarks/benchmarks" ] || fail "there is nothing published beside this script; run eng/gpu.sh publish DIR and then DIR/gpu.sh run."
  python="${PEER_PYTHON:-python3}"
  "$python" -c 'import torch, torchvision' 2>/dev/null || fail "$python has no torch and torchvision; name another by PEER_PYTHON."
  export PEER_PYTHON="$python"
  [ "$device" = cpu ] || "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' ||
    fail "$python's torch sees no GPU; --device cpu takes the same way without one."
  ends=$(($(date +%s) + 60 * minutes))
  if [ -n "$out" ]; then
    mkdir -p "$out" && work="$(cd "$out" && pwd)" || fail "'$out' cannot be made."
  else
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
  fi
  rm -f "$work/peers.md"
  : >"$work/table"
  if [ -z "$data" ]; then data="$here/cifar-10"; [ -d "$data" ] || data=synthetic; fi
  # Before the programs' own folders, so that TorchSharp's native library finds it.
  [ -n "$torch" ] || torch="$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')"
  [ -e "$torch/libtorch_cpu.so" ] || fail "there is no libtorch_cpu.so in '$torch'; name its folder by --torch."
  export LD_LIBRARY_PATH="$torch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

  export -f matrix_rate peers train
  export here device quick data work python
  local rate="" few=() length=()
  [ "$quick" = 1 ] && few=(--limit 50 --batch 25) epochs="${epochs:-1}" long_epochs="${long_epochs:-1}"
  [ -n "$epochs" ] && length=(--epochs "$epochs")
  if wanted rate && part rate "matrix rate, bf16" 60 matrix_rate; then
    rate="$(cat "$work/rate.log")"
    row "matrix rate, bf16" "$rate TFLOP/s" "the best of 5 × 20 square products"
  fi

  # (e) The tutorial's work. A training step costs three forward passes, a multiply-add two operations.
  if wanted peers && part peers "against PyTorch" 240 peers && grep -q "tutorial.*bf16.*GoogLeNet.Net | [0-9]" "$work/peers.md"; then
    local adds images
    adds="$("$here/Cifar10Training/cifar10" summary --spec tutorial | "$python" -c 'import re, sys; print(max(int(n.replace(",", "")) for n in re.findall(r"\d[\d,]{8,}", sys.stdin.read())))')"
    images="$("$python" -c 'import sys; row = next(line for line in open(sys.argv[1]) if "tutorial" in line and "bf16" in line); print(row.split("|")[3].strip())' "$work/peers.md")"
    row "tutorial's work, an epoch" "$("$python" -c "print(f'{50000 / $images:.1f} s')")" "$images images/s; the tutorial took 181 s"
    [ -n "$rate" ] && row "share of the matrix rate" "$("$python" -c "print(f'{100 * 6 * $adds * $images / 1e12 / $rate:.1f} %')")" "$adds multiply-adds an image"
  fi
  if wanted tutorial && part tutorial "tutorial, whole epochs" 120 train --recipe tutorial --precision bf16 --epochs 1 --out "$work/tutorial" "${few[@]}"; then
    row "tutorial, whole epochs" "$("$python" -c "print(f'{50000 / $(value "$work/tutorial/metrics.json" trainImagesPerSecond):.1f} s')")" "with its resize to 224×224, from cifar10 train"
  fi

  # (f) Recipe gpu: to 94 % from three seeds, then as far as it gets.
  local seed
  if wanted seeds; then
    local runs=()
    for seed in 0 1 2; do
      recipe_gpu "gpu-seed-$seed" 120 --seed "$seed" "${few[@]}" "${length[@]}" && runs+=("$work/gpu-seed-$seed/metrics.json")
    done
    [ ${#runs[@]} -gt 1 ] && row "mean of ${#runs[@]} seeds" "$("$python" -c '
import json, sys
runs = [json.load(open(run)) for run in sys.argv[1:]]
mean = lambda key: sum(run[key] for run in runs) / len(runs)
print("%.2f %% in %.1f s" % (mean("testAccuracy"), mean("wallSeconds")))' "${runs[@]}")"
  fi
  if wanted long; then recipe_gpu gpu-long 600 --epochs "${long_epochs:-$(affordable_epochs)}" "${few[@]}"; fi

  "$python" -c 'import torch; print(f"torch {torch.__version__}", torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU")'
  [ "$data" = synthetic ] && echo "images: synthetic; accuracies say nothing about CIFAR-10"
  [ -f "$work/peers.md" ] && cat "$work/peers.md"
  printf '\n| what | result | |\n|---|---|---|\n'
  cat "$work/table"
}

case "${1:-}" in
  publish) publish "${@:2}" ;;
  run) run "${@:2}" ;;
  *) fail "say publish DIR or run; see the head of this file." ;;
esac
