#!/usr/bin/python3
"""Writes schedules.json for PyTorchTests.cs: the rates of torch.optim.lr_scheduler, one before each step of a run.

Run with Debian 12's python3-torch (1.13.0). A run is named as in PyTorchTests.cs, which says how many steps and epochs it has. The plateaus are
called after every epoch with metrics[name]: a random walk with stretches that stand still.
"""
import json
import os
import random

import torch
from torch.optim import lr_scheduler as schedulers


def optimizer(rate):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def rates(rate, create, count, step=lambda scheduler, i: scheduler.step()):
    """The rate before each of count steps; step is called between them with the number of the step to come."""
    sgd = optimizer(rate)
    made = create(sgd)
    found = []
    for i in range(count):
        found.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if i + 1 < count:
            step(made, i + 1)
    return found


def warmup(sgd):
    return [schedulers.LinearLR(sgd, start_factor=0.125, total_iters=10), schedulers.ExponentialLR(sgd, 0.8)]


def step_warmup(made, i):
    made[0].step()
    if i % 4 == 0:
        made[1].step()


def walk(seed, start, down):
    generator = random.Random(seed)
    value, found = start, []
    while len(found) < 80:
        value = max(0.001, value + (generator.uniform(-0.06, 0.03) if down else generator.uniform(-0.03, 0.06)))
        for _ in range(generator.choice([1, 1, 2, 5, 9])):
            found.append(round(value + generator.uniform(-0.002, 0.002), 6))
    return found[:80]


def main():
    runs = {
        "cosine": rates(0.3, lambda o: schedulers.CosineAnnealingLR(o, 7 * 5, eta_min=0.01), 7 * 5),
        "restarts": rates(0.3, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 3, 1, 0.02), 5 * 10, lambda s, i: s.step(i / 5)),
        "longer restarts": rates(0.3, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 2, 2, 0), 4 * 14, lambda s, i: s.step(i / 4)),
        "one cycle": rates(1, lambda o: schedulers.OneCycleLR(o, 0.4, total_steps=6 * 9), 6 * 9),
        "one cycle, other settings": rates(
            1, lambda o: schedulers.OneCycleLR(o, 2, total_steps=6 * 9, pct_start=0.55, div_factor=4, final_div_factor=10), 6 * 9),
        "one cycle, falling only": rates(1, lambda o: schedulers.OneCycleLR(o, 0.4, total_steps=10, pct_start=0.0), 10),
        "one cycle, rising only": rates(1, lambda o: schedulers.OneCycleLR(o, 0.4, total_steps=10, pct_start=1.0), 10),
        "one cycle, one step": rates(1, lambda o: schedulers.OneCycleLR(o, 0.4, total_steps=1), 1),
        "exponential": rates(0.2, lambda o: schedulers.ExponentialLR(o, 0.9), 12),
        "polynomial": rates(0.01, lambda o: schedulers.PolynomialLR(o, 3 * 8, 0.5), 3 * 8),
        "polynomial, squared": rates(0.01, lambda o: schedulers.PolynomialLR(o, 3 * 8, 2), 3 * 8),
        "warm-up": rates(0.2, warmup, 4 * 8, step_warmup),
    }
    metrics = {}
    for name, start, options in [
        ("plateau", 2, {"patience": 4}),
        ("plateau, accuracy", 0.1, {"mode": "max", "patience": 3, "factor": 0.5}),
        ("plateau, absolute", 2, {"patience": 2, "threshold": 0.05, "threshold_mode": "abs", "factor": 0.3}),
        ("plateau, accuracy, absolute", 0.1, {"mode": "max", "patience": 2, "threshold": 0.05, "threshold_mode": "abs", "factor": 0.7}),
        ("plateau, cooldown", 2, {"patience": 1, "cooldown": 5, "factor": 0.6, "threshold": 0.1}),
        ("plateau, no patience", 2, {"patience": 0, "cooldown": 2, "factor": 0.9, "min_lr": 0.02}),
        ("plateau, coarse", 2, {"patience": 1, "threshold": 0.5, "factor": 0.05}),
    ]:
        values = walk(name, start, options.get("mode") != "max")
        metrics[name] = values
        runs[name] = rates(0.1, lambda o: schedulers.ReduceLROnPlateau(o, **options), len(values) + 1, lambda s, i: s.step(values[i - 1]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedules.json"), "w") as file:
        # A run a line.
        lines = [f'    {json.dumps(name)}: {json.dumps(values)}' for name, values in runs.items()]
        metric_lines = [f'    {json.dumps(name)}: {json.dumps(values)}' for name, values in metrics.items()]
        file.write('{\n  "rates": {\n' + ",\n".join(lines) + '\n  },\n  "metrics": {\n' + ",\n".join(metric_lines) + "\n  }\n}\n")


main()
