#!/usr/bin/python3
"""Writes optimizers.json for OptimizerTests.cs and AveragingTests.cs: every parameter after each of 20 steps of torch.optim, in float64.

Run with Debian 12's python3-torch (1.13.0). The network is Conv2d(2, 2, 2), BatchNorm2d(2), Linear(2, 2), whose 28 parameters lie end to end
in the order of their keys: element i starts at sin(1 + i), and its gradient in step t is (1 + 0.9 sin t) cos(0.7 t + i), both rounded to
float32. The rate of step t is 0.1 * 0.9^t, three times that from step 10 on, and for Adam a tenth. The groups: weights; biases at twice the
rate without decay; scales and shifts of the normalisation at half the rate with a tenth of the decay.
"""
import json
import math
import os

import torch

STEPS = 20


def network():
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 2), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 2)).double()
    fill(model, lambda i: math.sin(1 + i), lambda parameter: parameter.data)
    return model


def fill(model, function, target):
    start = 0
    for parameter in model.parameters():
        values = torch.tensor([function(start + i) for i in range(parameter.numel())], dtype=torch.float32)
        target(parameter).copy_(values.double().view(parameter.shape))
        start += parameter.numel()


def groups(model, decay):
    conv, norm, linear = model
    return [
        {"params": [conv.weight, linear.weight], "weight_decay": decay, "factor": 1},
        {"params": [conv.bias, linear.bias], "weight_decay": 0, "factor": 2},
        {"params": [norm.weight, norm.bias], "weight_decay": 0.1 * decay, "factor": 0.5},
    ]


def run(create, decay=0.0, rate=0.1, decoupled=0.0, clip=None, average=None, average_from=0):
    model = network()
    optimizer = create(groups(model, decay))
    averaged = torch.optim.swa_utils.AveragedModel(model, avg_fn=average) if average else None
    rows = []
    for t in range(STEPS):
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        fill(model, lambda i: (1 + 0.9 * math.sin(t)) * math.cos(0.7 * t + i), lambda parameter: parameter.grad)
        if clip:
            clip(model.parameters())
        for group in optimizer.param_groups:
            group["lr"] = rate * 0.9**t * (3 if t >= 10 else 1) * group["factor"]
            # torch.optim.SGD has no decoupled decay: it is done here.
            share = {1: decoupled, 2: 0, 0.5: 0.1 * decoupled}[group["factor"]]
            for parameter in group["params"]:
                parameter.data.mul_(1 - group["lr"] * share)
        optimizer.step()
        if averaged and t >= average_from:
            averaged.update_parameters(model)
        source = averaged.module if averaged and t >= average_from else model
        rows.append([float(f"{v:.9g}") for parameter in source.parameters() for v in parameter.detach().flatten().tolist()])
    return rows


def sgd(momentum=0.0, nesterov=False):
    return lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=momentum, nesterov=nesterov)


def mean(average, value, count):
    return average + (value - average) / (count + 1)


def ema(decay, warm_up=False):
    def update(average, value, count):
        d = torch.minimum(torch.tensor(decay), (1 + count) / (10 + count)) if warm_up else decay
        return d * average + (1 - d) * value

    return update


if __name__ == "__main__":
    clip_norm = lambda parameters: torch.nn.utils.clip_grad_norm_(parameters, 3.0)
    clip_value = lambda parameters: torch.nn.utils.clip_grad_value_(parameters, 0.5)
    results = {
        "plain": run(sgd()),
        "momentum": run(sgd(0.9)),
        "nesterov": run(sgd(0.9, True)),
        "momentum, decay": run(sgd(0.9), decay=0.05),
        "nesterov, decay": run(sgd(0.85, True), decay=0.05),
        "momentum, decoupled decay": run(sgd(0.9), decoupled=0.05),
        "nesterov, decoupled decay": run(sgd(0.85, True), decoupled=0.05),
        "adamW": run(lambda p: torch.optim.AdamW(p), decay=0.01, rate=0.01),
        "adamW, other settings": run(lambda p: torch.optim.AdamW(p, betas=(0.8, 0.95), eps=1e-3), decay=0.5, rate=0.01),
        "clip by norm": run(sgd(0.9), clip=clip_norm),
        "clip by value": run(sgd(0.9), clip=clip_value),
        "mean": run(sgd(0.9), average=mean),
        "mean from step 5": run(sgd(0.9), average=mean, average_from=5),
        "moving average": run(sgd(0.9), average=ema(0.8)),
        "moving average, warmed up": run(sgd(0.9), average=ema(0.5, warm_up=True)),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json")
    with open(path, "w") as file:
        file.write("{\n" + f'"torch": {json.dumps(torch.__version__)},\n"steps": {{\n')
        file.write(",\n".join(f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(row) for row in rows) + "]" for name, rows in results.items()))
        file.write("}}\n")
