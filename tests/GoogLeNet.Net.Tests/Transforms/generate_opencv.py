#!/usr/bin/python3
"""Writes opencv.json: what OpenCV makes of small images. Needs Debian's python3-opencv."""
import base64
import json
import os

import cv2
import numpy as np

random = np.random.default_rng(7)


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def resized(height, width, out_height, out_width, mode, dtype):
    image = random.integers(0, 256, (height, width)).astype(dtype)
    result = cv2.resize(image, (out_width, out_height), interpolation=mode)
    return {
        "height": height, "width": width, "outHeight": out_height, "outWidth": out_width,
        "image": encoded(image.astype(np.uint8)), "result": encoded(result),
    }


SIZES = [(32, 32, 224, 224), (224, 160, 32, 32), (13, 9, 5, 7), (7, 11, 20, 6), (32, 32, 16, 16), (5, 5, 5, 5), (1, 3, 4, 2)]
KERNELS = {"nearest": cv2.INTER_NEAREST_EXACT, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}
# INTER_AREA has one rule for enlarging and one for shrinking: no mixture of both.
KERNEL_SIZES = [(13, 9, 8, 8), (5, 6, 8, 8), (16, 16, 8, 8), (8, 8, 8, 8), (24, 31, 8, 8), (2, 3, 8, 8)]
# Centres between two pixels: OpenCV takes the first one, PIL, PyTorch (nearest-exact) and this library the second.
TIE = ("nearest", (16, 16, 8, 8))

with open(os.path.join(os.path.dirname(__file__), "opencv.json"), "w") as file:
    json.dump({
        "version": cv2.__version__,
        "uint8": [resized(*size, cv2.INTER_LINEAR, np.uint8) for size in SIZES],
        "float32": [resized(*size, cv2.INTER_LINEAR, np.float32) for size in SIZES[1:]],
        **{name: [resized(*size, mode, np.float32) for size in KERNEL_SIZES if (name, size) != TIE] for name, mode in KERNELS.items()},
    }, file, indent=1)
    file.write("\n")
