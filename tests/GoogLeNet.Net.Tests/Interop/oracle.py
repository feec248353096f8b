#!/usr/bin/python3
"""torchvision's GoogLeNet as an oracle: PyTorchTests runs it where torch and torchvision are installed.

oracle.py make FOLDER CLASSES   saves zip.pth and legacy.pth, a network with random weights and statistics, images.bin and logits.json
oracle.py check FOLDER CLASSES  reads ours.pth with weights_only=True into a fresh network and writes checked.json
"""
import json
import sys
import warnings
from pathlib import Path

import torch
import torchvision

warnings.simplefilter("ignore")


def logits(network, images):
    """Of every head in evaluation mode. torchvision's own tuple swaps the heads, so the modules are asked."""
    network.eval()
    network.training = True  # the network's own flag alone decides whether the heads run
    outputs = {}
    for head in ("aux1", "aux2"):
        getattr(network, head).register_forward_hook(lambda _m, _i, output, head=head: outputs.update({head: output}))
    with torch.no_grad():
        outputs["main"] = network(images).logits
    return {head: output.flatten().tolist() for head, output in outputs.items()}


def main(mode, folder, classes):
    folder = Path(folder)
    network = torchvision.models.googlenet(num_classes=int(classes), aux_logits=True, init_weights=False)
    if mode == "make":
        torch.manual_seed(1)
        images = torch.rand(2, 3, 224, 224) * 2 - 1
        network.train()
        for _ in range(3):  # statistics
            network(torch.rand(4, 3, 96, 96) * 2 - 1)
        (folder / "images.bin").write_bytes(images.numpy().tobytes())
        torch.save(network.state_dict(), folder / "zip.pth")
        torch.save(network.state_dict(), folder / "legacy.pth", _use_new_zipfile_serialization=False)
        (folder / "logits.json").write_text(json.dumps(logits(network, images)))
    else:
        images = torch.frombuffer(bytearray((folder / "images.bin").read_bytes()), dtype=torch.float32).reshape(2, 3, 224, 224)
        network.load_state_dict(torch.load(folder / "ours.pth", weights_only=True))
        (folder / "checked.json").write_text(json.dumps(logits(network, images)))


main(*sys.argv[1:])
