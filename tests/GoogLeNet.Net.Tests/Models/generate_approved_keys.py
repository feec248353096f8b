#!/usr/bin/python3
"""Writes Approved/{paper,tutorial,cifar,cifar-small,cifar-fast}.txt from Table 1 of arXiv:1409.4842, not from the library.

Keys are torchvision's. The paper's network and the tutorial's have biases. Those for CIFAR have batch normalisation and heads of 2x2 adaptive
pooling with 256 hidden units: cifar a stem of one 3x3 convolution and two 3x3 in place of the 5x5, cifar-small half the widths (rounded to
multiples of 8, halves up), cifar-fast the same behind a whitening of 4x4 patches: airbench94's layer (arXiv:2404.00498, section 3.1), whose filters
are as many as a patch has numbers, and their negatives.
"""
from pathlib import Path

TABLE = {  # 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}

FULL_STEM = {"conv1": (64, 7), "conv2": (64, 1), "conv3": (192, 3)}  # channels, kernel
SMALL_STEM = {"conv1": (64, 3), "conv2": (64, 1), "conv3": (192, 3)}
SINGLE_STEM = {"conv1": (192, 3)}
WHITENED_STEM = {"conv2": (64, 1), "conv3": (192, 3)}


def full(width):
    return width


def half(width):
    return max(8, (width // 2 + 4) // 8 * 8)


def write(name, scale, batch_norm, stem, branch3_kernels, pooled, hidden, whitening=None):
    lines = []

    def convolution(key, to, frm, kernel):
        lines.append(f"{key}.conv.weight {to}x{frm}x{kernel}x{kernel}")
        if batch_norm:
            lines.extend(f"{key}.bn.{part} {to}" for part in ("weight", "bias", "running_mean", "running_var"))
            lines.append(f"{key}.bn.num_batches_tracked")
        else:
            lines.append(f"{key}.conv.bias {to}")

    def linear(key, to, frm):
        lines.extend((f"{key}.weight {to}x{frm}", f"{key}.bias {to}"))

    channels = 3
    if whitening:
        filters = 2 * channels * whitening * whitening
        lines.extend((f"whiten.weight {filters}x{channels}x{whitening}x{whitening}", "whiten.fitted"))
        channels = filters
    for key, (width, kernel) in stem.items():
        convolution(key, scale(width), channels, kernel)
        channels = scale(width)
    for block, row in TABLE.items():
        one, reduce3, three, reduce5, five, pool = map(scale, row)
        key = f"inception{block}"
        convolution(f"{key}.branch1", one, channels, 1)
        convolution(f"{key}.branch2.0", reduce3, channels, 1)
        convolution(f"{key}.branch2.1", three, reduce3, 3)
        convolution(f"{key}.branch3.0", reduce5, channels, 1)
        for i, kernel in enumerate(branch3_kernels, start=1):
            convolution(f"{key}.branch3.{i}", five, reduce5 if i == 1 else five, kernel)
        convolution(f"{key}.branch4.1", pool, channels, 1)
        channels = one + three + five + pool
        if block in ("4a", "4d"):
            head = "aux1" if block == "4a" else "aux2"
            convolution(f"{head}.conv", scale(128), channels, 1)
            linear(f"{head}.fc1", hidden, scale(128) * pooled * pooled)
            linear(f"{head}.fc2", 10, hidden)
    linear("fc", 10, channels)
    (Path(__file__).parent / "Approved" / f"{name}.txt").write_text("\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    for network in ("paper", "tutorial"):
        write(network, full, False, FULL_STEM, branch3_kernels=(5,), pooled=4, hidden=1024)
    write("cifar", full, True, SINGLE_STEM, branch3_kernels=(3, 3), pooled=2, hidden=256)
    write("cifar-small", half, True, SMALL_STEM, branch3_kernels=(5,), pooled=2, hidden=256)
    write("cifar-fast", half, True, WHITENED_STEM, branch3_kernels=(5,), pooled=2, hidden=256, whitening=4)
