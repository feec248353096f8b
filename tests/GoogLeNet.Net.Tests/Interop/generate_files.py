#!/usr/bin/python3
"""Writes Files/: what PyTorch saves, and what torchvision computes with it.

Run with torch 1.13.0 and torchvision 0.14.1.

narrow.*      a torchvision GoogLeNet of one to sixteen channels with the weights of Evidence/TorchVision's closed form: in the form before PyTorch 1.6 as it is, in the zip form as
              half-precision views of one storage, convolutions channels-last
layouts.*     tensors in every layout and type, in both forms; values are in expected.json
checkpoint.*  the state dict of a wrapped network under "state_dict", beside an optimizer's
the others    what is refused
expected.json logits of every head, values of the layouts, and torchvision's preprocessing of one picture
"""
import json
import math
import random
import sys
from pathlib import Path

import torch
import torchvision
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "Evidence" / "TorchVision"))
import generate

FILES = Path(__file__).parent / "Files"
CLASSES = 5
IMAGES = (2, 3, 64, 48)


def closed_form(key, shape):
    return generate.closed_form(key, shape).float()


def narrow_network():
    """torchvision's GoogLeNet, every width a sixty-fourth and at least 1. Blocks know by themselves how many channels they get."""
    module = __import__("torchvision.models.googlenet", fromlist=["BasicConv2d"])
    channels = 3

    def width(full):
        return max(1, full // 64)

    def convolution(_, outputs, **options):
        nonlocal channels
        block = module.BasicConv2d(channels, width(outputs), **options)
        channels = width(outputs)
        return block

    def inception(_, *widths):
        nonlocal channels
        block = module.Inception(channels, *map(width, widths))
        channels = sum(width(widths[i]) for i in (0, 2, 4, 5))
        at.append(channels)
        return block

    def auxiliary(_, classes, dropout):
        block = module.InceptionAux(8, classes, dropout=dropout)
        after = at[2] if len(made) == 0 else at[5]  # 4a and 4d
        made.append(block)
        block.conv = module.BasicConv2d(after, width(128), kernel_size=1)
        block.fc1 = torch.nn.Linear(width(128) * 16, width(1024))
        block.fc2 = torch.nn.Linear(width(1024), classes)
        return block

    at, made = [], []
    network = module.GoogLeNet(num_classes=CLASSES, init_weights=False, blocks=[convolution, inception, auxiliary])
    network.fc = torch.nn.Linear(channels, CLASSES)
    for key, tensor in network.state_dict().items():
        if tensor.dim() > 0:
            tensor.copy_(closed_form(key, tuple(tensor.shape)))
        else:
            tensor.fill_(17)
    return network


def logits(network):
    """Of every head in evaluation mode. torchvision's own tuple swaps the heads, so the modules are asked."""
    network.eval()
    network.training = True  # the network's own flag alone decides whether the heads run
    outputs = {}
    for head in ("aux1", "aux2"):
        getattr(network, head).register_forward_hook(lambda _m, _i, output, head=head: outputs.update({head: output}))
    images = generate.noise("images", math.prod(IMAGES)).float().reshape(IMAGES)
    with torch.no_grad():
        outputs["main"] = network(images).logits
    return {head: [float(f"{value:.7g}") for value in output.flatten().tolist()] for head, output in outputs.items()}


def packed(state):
    """Half-precision views of one storage, convolutions channels-last, and no counters."""
    state = {key: value for key, value in state.items() if value.dim() > 0}
    storage = torch.zeros(sum(value.numel() for value in state.values()) + 3, dtype=torch.float16)
    views, offset = {}, 3
    for key, value in state.items():
        if value.dim() == 4:
            outputs, inputs, height, width = value.shape
            strides = (inputs * height * width, 1, width * inputs, inputs)
        else:
            strides = value.stride()
        view = storage.as_strided(value.shape, strides, offset)
        view.copy_(value)
        views[key] = view
        offset += value.numel()
    return views


def layouts():
    ramp = torch.arange(24, dtype=torch.float32) / 8 - 1
    shared = torch.arange(20, dtype=torch.float32)
    return {
        "plain": ramp.reshape(2, 3, 4),
        "channelsLast": ramp.reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "transposed": ramp.reshape(4, 6).t(),
        "offset": shared[5:11],
        "everyOther": shared[1::2],
        "overlapping": shared.as_strided((3, 4), (2, 1), 2),
        "parameter": torch.nn.Parameter(ramp[:5].clone()),
        "frozen": torch.nn.Parameter(ramp[5:8].clone(), requires_grad=False),
        "half": ramp.half(),
        "brain": ramp.bfloat16(),
        "double": ramp.double() / 3,
        "long": torch.tensor([1, -2, 2**40]),
        "int": torch.tensor([3, -4], dtype=torch.int32),
        "short": torch.tensor([5, -6], dtype=torch.int16),
        "char": torch.tensor([7, -8], dtype=torch.int8),
        "byte": torch.tensor([9, 250], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(17),
        "empty": torch.zeros(0, 3),
        "Schlüssel": torch.ones(2),
    }


def picture():
    """Of a landscape: 300 rows of 417 pixels, in which every channel has waves of its own."""
    rows, columns = torch.arange(300).reshape(-1, 1), torch.arange(417).reshape(1, -1)
    planes = [(rows * (3 + c) + columns * (5 - c) + (rows * columns) // (40 + 9 * c)) % 256 for c in range(3)]
    image = Image.fromarray(torch.stack(planes, 2).byte().numpy())
    values = torchvision.transforms._presets.ImageClassification(crop_size=224)(image).unsqueeze(0)
    network = torchvision.models.googlenet(init_weights=False, aux_logits=False, transform_input=True)
    values = network._transform_input(values)[0]
    chosen = random.Random(1)
    return [[c, y, x, float(f"{values[c, y, x].item():.6g}")]
            for c, y, x in ((chosen.randrange(3), chosen.randrange(224), chosen.randrange(224)) for _ in range(300))]


def save(name, value):
    torch.save(value, FILES / f"{name}.pth")
    torch.save(value, FILES / f"{name}.legacy.pth", _use_new_zipfile_serialization=False)


def main():
    FILES.mkdir(exist_ok=True)
    network = narrow_network()
    state = network.state_dict()
    torch.save(state, FILES / "narrow.legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(packed(state), FILES / "narrow.pth")
    save("layouts", layouts())

    layer = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1), torch.nn.BatchNorm2d(2))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    layer(torch.ones(2, 3, 1, 1)).sum().backward()
    optimizer.step()
    wrapped = torch.nn.DataParallel(layer)
    save("checkpoint", {"epoch": 3, "loss": 0.25, "state_dict": wrapped.state_dict(), "optimizer": optimizer.state_dict()})

    refused = {
        "whole-model": torch.nn.Linear(2, 2),
        "sparse": {"weight": torch.eye(2).to_sparse()},
        "quantized": {"weight": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
        "complex": {"weight": torch.ones(2, dtype=torch.complex64)},
        "expanded": {"weight": torch.ones(1).expand(1000)},
        "tensor": torch.ones(2),
    }
    for name, value in refused.items():
        torch.save(value, FILES / f"{name}.pth")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), FILES / "torchscript.pth")

    expected = {
        "torch": torch.__version__,
        "torchVision": torchvision.__version__,
        "logits": logits(network),
        "layouts": {key: {"shape": list(value.shape), "values": [float(number) for number in value.flatten().tolist()]} for key, value in layouts().items()},
        "picture": picture(),
    }
    (FILES / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
