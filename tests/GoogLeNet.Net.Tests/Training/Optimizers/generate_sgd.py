#!/usr/bin/python3
"""Prints the parameters after 20 steps of torch.optim.SGD for SgdTests.cs. Run with torch 1.13.0.

Six weights (with decay) and three biases (without) start from sin(1 + i); the gradient of step t is cos(0.7 t + i); the learning rate is
0.1 * 0.9^t.
"""
import math

import torch


def run(momentum, nesterov, decay):
    values = [math.sin(1 + i) for i in range(9)]
    weight, bias = (torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in (values[:6], values[6:]))
    groups = [{"params": [weight], "weight_decay": decay}, {"params": [bias], "weight_decay": 0}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=momentum, nesterov=nesterov)
    for step in range(20):
        gradient = [math.cos(0.7 * step + i) for i in range(9)]
        weight.grad, bias.grad = (torch.tensor(part, dtype=torch.float64) for part in (gradient[:6], gradient[6:]))
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * 0.9**step
        optimizer.step()
    print(momentum, nesterov, decay, [float(f"{v:.9g}") for v in torch.cat((weight, bias)).tolist()])


run(0.0, False, 0.0)
run(0.9, False, 0.0)
run(0.9, True, 0.0)
run(0.9, False, 0.05)
run(0.85, True, 0.05)
