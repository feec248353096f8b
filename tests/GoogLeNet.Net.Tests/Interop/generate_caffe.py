#!/usr/bin/python3
"""Writes Files/caffe.json: a narrow BVLC GoogLeNet, layer by layer, and the logits that OpenCV's dnn module computes
with its closed-form weights for closed-form pictures.

Run with Debian's python3-opencv (4.6.0). The network is written down here from Table 1 of the paper and Caffe's rules; pictures are BGR minus (104, 117, 123).

generate_caffe.py               writes caffe.json
generate_caffe.py full FOLDER   writes the network at its full width: full.caffemodel, full.v1.caffemodel (Caffe's older layers) and full.json, for a comparison by hand
"""
import json
import math
import sys
from pathlib import Path

import cv2
import numpy as np

SIZE = 224
PICTURES = 2
MEAN_BGR = (104, 117, 123)
TABLE = {  # 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}
CONVOLUTION, INNER_PRODUCT = 4, 14  # types of V1 layers


def noise(key, count):
    """As Evidence/TorchVision/ClosedForm.cs: values in [-1, 1)."""
    seed = 2166136261
    for byte in key.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    z = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
    z = (z ^ (z >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    z = z ^ (z >> np.uint32(16))
    return ((z >> np.uint32(8)) / np.float64(2**23) - 1).astype(np.float32)


class Network:
    """A prototxt that grows, and the shapes of its weights."""

    def __init__(self, width, hidden, classes):
        self.text = f'name: "GoogleNet"\ninput: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: {SIZE}\ninput_dim: {SIZE}\n'
        self.weights = {}  # name → (type, shape)
        scale = (lambda channels: channels) if width == 1 else (lambda channels: max(8, int(channels * width / 8 + 0.5) * 8))
        x, channels = self.conv("conv1/7x7_s2", "data", 3, scale(64), 7, stride=2)
        x = self.lrn("pool1/norm1", self.pool("pool1/3x3_s2", x, "MAX", 3, 2))
        x, channels = self.conv("conv2/3x3_reduce", x, channels, scale(64), 1)
        x, channels = self.conv("conv2/3x3", x, channels, scale(192), 3)
        x = self.pool("pool2/3x3_s2", self.lrn("conv2/norm2", x), "MAX", 3, 2)
        for block, widths in TABLE.items():
            if block in ("4a", "5a"):
                number = int(block[0]) - 1
                x = self.pool(f"pool{number}/3x3_s2", x, "MAX", 3, 2)
            x, channels = self.inception(f"inception_{block}", x, channels, [scale(w) for w in widths])
            if block in ("4a", "4d"):
                loss = "loss1" if block == "4a" else "loss2"
                pooled = self.pool(f"{loss}/ave_pool", x, "AVE", 5, 3)
                head, filters = self.conv(f"{loss}/conv", pooled, channels, scale(128), 1)
                head = self.fc(f"{loss}/fc", head, filters * 16, hidden)
                self.layer(f"{loss}/relu_fc", "ReLU", [head], head)
                self.layer(f"{loss}/drop_fc", "Dropout", [head], head, "dropout_param { dropout_ratio: 0.7 }")
                self.fc(f"{loss}/classifier", head, hidden, classes)
        x = self.pool("pool5/7x7_s1", x, "AVE", 7, 1)
        self.layer("pool5/drop_7x7_s1", "Dropout", [x], x, "dropout_param { dropout_ratio: 0.4 }")
        self.fc("loss3/classifier", x, channels, classes)

    def layer(self, name, kind, bottoms, top, parameters=""):
        bottoms = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
        self.text += f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{top}" {parameters} }}\n'
        return top

    def conv(self, name, x, inputs, outputs, kernel, stride=1):
        self.weights[name] = (CONVOLUTION, (outputs, inputs, kernel, kernel))
        self.layer(name, "Convolution", [x], name, f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} stride: {stride} pad: {kernel // 2} }}")
        return self.layer(f"{name}/relu", "ReLU", [name], name), outputs

    def fc(self, name, x, inputs, outputs):
        self.weights[name] = (INNER_PRODUCT, (outputs, inputs))
        return self.layer(name, "InnerProduct", [x], name, f"inner_product_param {{ num_output: {outputs} }}")

    def pool(self, name, x, kind, kernel, stride, pad=0):
        return self.layer(name, "Pooling", [x], name, f"pooling_param {{ pool: {kind} kernel_size: {kernel} stride: {stride} pad: {pad} }}")

    def lrn(self, name, x):
        return self.layer(name, "LRN", [x], name, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")

    def inception(self, name, x, inputs, widths):
        one, reduce3, three, reduce5, five, projection = widths
        branches = [
            self.conv(f"{name}/1x1", x, inputs, one, 1)[0],
            self.conv(f"{name}/3x3", self.conv(f"{name}/3x3_reduce", x, inputs, reduce3, 1)[0], reduce3, three, 3)[0],
            self.conv(f"{name}/5x5", self.conv(f"{name}/5x5_reduce", x, inputs, reduce5, 1)[0], reduce5, five, 5)[0],
            self.conv(f"{name}/pool_proj", self.pool(f"{name}/pool", x, "MAX", 3, 1, pad=1), inputs, projection, 1)[0],
        ]
        return self.layer(f"{name}/output", "Concat", branches, f"{name}/output"), one + three + five + projection


def values(key, shape):
    """He's scale, so that numbers keep their size from layer to layer; biases that show beside numbers of a hundred."""
    scale = math.sqrt(6 / math.prod(shape[1:])) if len(shape) > 1 else 10
    return (scale * noise(key, math.prod(shape)).astype(np.float64)).astype("<f4")


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def caffemodel(network, v1):
    """The bytes of a NetParameter, written by hand."""
    out = message(1, b"GoogleNet")
    for name, (kind, shape) in network.weights.items():
        blobs = b""
        for key, dims in ((f"{name}.weight", shape), (f"{name}.bias", shape[:1])):
            data = message(5, values(key, dims).tobytes())
            if v1:
                form = b"".join(number(field + 1, size) for field, size in enumerate((1, 1, 1, 1, *dims)[-4:]))
            else:
                form = message(7, message(1, b"".join(map(varint, dims))))
            blobs += message(6 if v1 else 7, form + data)
        if v1:
            out += message(2, message(4, name.encode()) + number(5, kind) + blobs)
        else:
            out += message(100, message(1, name.encode()) + message(2, b"Convolution" if kind == CONVOLUTION else b"InnerProduct") + blobs)
    return out


def picture(index):
    """BGR, uint8: 14 × 14 squares of 16 pixels. The formula is in RGB order, row by row."""
    squares = np.floor((noise(f"picture{index}", 14 * 14 * 3).astype(np.float64) + 1) * 128).reshape(14, 14, 3)
    return np.ascontiguousarray(squares.repeat(16, 0).repeat(16, 1).astype(np.uint8)[:, :, ::-1])


def logits(network, v1):
    net = cv2.dnn.readNetFromCaffe(network.text.encode(), caffemodel(network, v1))
    heads = {"main": "loss3/classifier", "aux1": "loss1/classifier", "aux2": "loss2/classifier"}
    results = {head: [] for head in heads}
    for index in range(PICTURES):
        net.setInput(cv2.dnn.blobFromImage(picture(index), 1.0, (SIZE, SIZE), MEAN_BGR, swapRB=False, crop=False))
        for head, output in zip(heads, net.forward(list(heads.values()))):
            results[head] += [float(value) for value in output.flatten()]
    return results


def write(path, network):
    new, old = logits(network, v1=False), logits(network, v1=True)
    assert new == old, "OpenCV reads both generations alike"
    lines = [f'  "{name}": {json.dumps(shape)}' for name, (_, shape) in network.weights.items()]
    rows = [f'  "{head}": {json.dumps([round(value, 4) for value in row])}' for head, row in new.items()]
    join = ",\n".join
    path.write_text(f'{{\n "openCv": "{cv2.__version__}",\n "layers": {{\n{join(lines)}\n }},\n'
                    f' "logits": {{\n{join(rows)}\n }}\n}}\n')


if sys.argv[1:2] == ["full"]:
    folder, network = Path(sys.argv[2]), Network(1, 1024, 1000)
    (folder / "full.prototxt").write_text(network.text)
    (folder / "full.caffemodel").write_bytes(caffemodel(network, v1=False))
    (folder / "full.v1.caffemodel").write_bytes(caffemodel(network, v1=True))
    write(folder / "full.json", network)
else:
    write(Path(__file__).parent / "Files" / "caffe.json", Network(1 / 8, 64, 5))
