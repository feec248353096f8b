#!/usr/bin/python3
"""Writes Approved/torchvision.txt: the state keys and shapes of torchvision's googlenet with 10 classes and both heads.

Run with torch 1.13.0 and torchvision 0.14.1.
"""
from pathlib import Path

import torchvision

state = torchvision.models.googlenet(num_classes=10, aux_logits=True, init_weights=False).state_dict()
lines = sorted(f"{key} {'x'.join(map(str, value.shape))}".rstrip() for key, value in state.items())
(Path(__file__).parent / "Approved" / "torchvision.txt").write_text("\n".join(lines) + "\n")
