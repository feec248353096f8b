#!/usr/bin/python3
"""Writes expected.json beside this file: what torchvision's googlenet computes, in float64, from weights and images of a closed form.

Run with torch 1.13.0 and torchvision 0.14.1 (a few seconds). ClosedForm.cs is the same closed form in C#: value(key, index) in [-1, 1) is a
32-bit mix (MurmurHash3's) of the FNV-1a hash of the key and of the index, 24 bits of it, and every tensor is center + scale * value in float32.
"""
import json
import math
import re
from pathlib import Path

import torch
import torchvision

MASK = 0xFFFFFFFF
CLASSES = 10
IMAGES = (4, 3, 80, 72)  # 80 → 40, 20, 10, 5, 3 and 72 → 36, 18, 9, 4, 2: most poolings round up on an axis
LABELS = [0, 3, 7, 9]
WEIGHTS = {"main": 1, "aux1": 0.3, "aux2": 0.3}
LEARNING_RATE, MOMENTUM, STEPS = 3e-5, 0.9, 5


def noise(key, count):
    """Values in [-1, 1) in float64, exact in float32."""
    seed = 2166136261
    for byte in key.encode():
        seed = ((seed ^ byte) * 16777619) & MASK
    z = (torch.arange(count, dtype=torch.int64) * 2654435761 + seed) & MASK
    z = ((z ^ (z >> 16)) * 0x85EBCA6B) & MASK
    z = ((z ^ (z >> 13)) * 0xC2B2AE35) & MASK
    z = z ^ (z >> 16)
    return (z >> 8).double() / 2**23 - 1


def closed_form(key, shape):
    """The tensor of that state key.

    Weights have He's bound, so that activations neither vanish nor explode. Shifts in [0, 2) keep most activations off the kink of ReLU, so
    that training is smooth enough for losses after some steps to be compared at all.
    """
    if len(shape) > 1:
        center, scale = 0, math.sqrt(6 / math.prod(shape[1:]))
    elif key.endswith("bn.bias"):
        center, scale = 1, 1
    elif key.endswith(("bn.weight", "running_var")):
        center, scale = 1, 0.25
    else:
        center, scale = 0, 0.25
    return (center + scale * noise(key, math.prod(shape))).float().double().reshape(shape)


def network(**dropouts):
    return torchvision.models.googlenet(num_classes=CLASSES, aux_logits=True, init_weights=False, **dropouts).double()


def filled_network():
    model = network(dropout=0.0, dropout_aux=0.0)
    for key, tensor in model.state_dict().items():
        if tensor.dim() > 0:
            tensor.copy_(closed_form(key, tuple(tensor.shape)))
    return model


def forward(model, images):
    """Logits by head. The names of torchvision's own tuple are swapped, so the heads' modules are asked instead."""
    outputs = {}
    hooks = [getattr(model, head).register_forward_hook(lambda _m, _i, output, head=head: outputs.update({head: output}))
             for head in ("aux1", "aux2")]
    result = model(images)
    for hook in hooks:
        hook.remove()
    return {"main": result.logits, **outputs}


def total_loss(outputs):
    labels = torch.tensor(LABELS)
    return sum(weight * torch.nn.functional.cross_entropy(outputs[head], labels) for head, weight in WEIGHTS.items())


def rounded(value):
    return float(f"{value:.6g}")


def logits(outputs):
    return {head: [rounded(value) for value in output.flatten().tolist()] for head, output in outputs.items()}


def digest(key, tensor):
    """Norm, and sum against the closed form's noise, which is about as large: the norm is blind to order and sign, the sum is not."""
    return [rounded(tensor.norm().item()), rounded((tensor.flatten() @ noise(f"digest {key}", tensor.numel())).item())]


def losses(model, images):
    """The total loss before the first step and after each."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    values = [total_loss(forward(model, images))]
    for _ in range(STEPS):
        optimizer.zero_grad()
        values[-1].backward()
        optimizer.step()
        values.append(total_loss(forward(model, images)))
    return [rounded(value.item()) for value in values]


def main():
    images = noise("images", math.prod(IMAGES)).reshape(IMAGES)
    trained = filled_network().train()
    outputs = forward(trained, images)
    total_loss(outputs).backward()
    evaluated = filled_network().eval()
    evaluated.training = True  # the network's own flag alone decides whether the heads run; everything below it stays in evaluation mode
    untouched = network()
    expected = {
        "torch": torch.__version__,
        "torchVision": torchvision.__version__,
        "dropouts": {"main": untouched.dropout.p, "aux1": untouched.aux1.dropout.p, "aux2": untouched.aux2.dropout.p},
        "training": logits(outputs),
        "evaluation": logits(forward(evaluated, images)),
        "losses": losses(filled_network().train(), images),
        "gradients": {key: digest(key, parameter.grad) for key, parameter in trained.named_parameters()},
        "runningStatistics": {key: digest(key, buffer) for key, buffer in trained.named_buffers() if buffer.dim() > 0},
    }
    text = re.sub(r"\[[^]]*\]", lambda row: f"[{' '.join(row[0][1:-1].split())}]", json.dumps(expected, indent=1))  # a line for each list
    (Path(__file__).parent / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
