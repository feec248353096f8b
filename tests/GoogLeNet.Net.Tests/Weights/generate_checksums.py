#!/usr/bin/python3
"""Prints the SHA-256 of all parameters at seed 0, in the order of their keys, as little-endian float32.

Computed from the definitions and not from the library: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) keyed by seed and layer, the
initialisers' bounds, and the keys and shapes of ../Model/Approved. Written by Python 3.11 with numpy 1.24.
"""
from hashlib import sha256
from math import prod, sqrt
from pathlib import Path

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed, layer, count):
    """The first numbers in [0, 1) of the layer's stream."""
    key = mix(np.array([seed], np.uint64) + GOLDEN)
    for character in layer:
        key = mix(key ^ (np.uint64(ord(character)) + GOLDEN))
    bits = mix(key + GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return (bits >> np.uint64(11)) * 2.0**-53


def parameter(key, shape, bound, bias):
    layer, _, kind = key.rpartition(".")
    if kind == "bias":
        return np.full(shape, 0 if layer.endswith(".bn") else bias(layer), "<f4")
    if len(shape) == 1:
        return np.ones(shape, "<f4")  # the scale of batch normalisation
    area = prod(shape[2:])
    limit = bound(shape[1] * area, shape[0] * area)
    stream = layer.removesuffix(".conv") if len(shape) == 4 else layer
    return ((2 * uniform(0, stream, prod(shape)) - 1) * limit).astype("<f4")


def checksum(name, bound, bias):
    digest = sha256()
    for line in sorted((Path(__file__).parent / f"../Model/Approved/{name}.txt").read_text().splitlines()):
        key, _, shape = line.partition(" ")
        if key.endswith((".weight", ".bias")):
            digest.update(parameter(key, [int(size) for size in shape.replace("x", " ").split()], bound, bias).tobytes())
    print(name, digest.hexdigest())


checksum("cifar-small", lambda fan_in, fan_out: sqrt(6 / fan_in), lambda layer: 0)
checksum(
    "tutorial", lambda fan_in, fan_out: sqrt(6 / (fan_in + fan_out)),
    lambda layer: 0.2 if layer.startswith(("conv1.", "inception")) else 0)
