#!/usr/bin/env bash
# Trains GoogLeNet on CIFAR-10: ./train.sh [arguments of `cifar10 train`], for example ./train.sh --recipe smoke
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/cifar10.sh" train "$@"
