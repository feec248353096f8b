#!/usr/bin/env python3
"""PyTorch's side of a race (Side.cs says what is said): worker.py WORK channels_last|contiguous.

A plain, good PyTorch program: fused or foreach SGD, gradients set to None, autocast on a GPU, inference_mode. The networks are torchvision's
googlenet, its own classes with other widths, or the Keras tutorial's.
"""
import json
import sys
import time
import warnings

import torch
import torch.nn.functional as F
import torchvision

import tutorial

warnings.filterwarnings("ignore")


def scaled_googlenet(width):
    """torchvision's googlenet with every width of the trunk and the heads' convolutions rounded to a multiple of 8, at least 8."""
    from torchvision.models.googlenet import BasicConv2d, GoogLeNet, Inception, InceptionAux

    net = GoogLeNet(num_classes=1000, aux_logits=True, transform_input=False, init_weights=False)
    if width == 1:
        return net

    def c(channels):
        return max(8, int(channels * width / 8 + 0.5) * 8)

    net.conv1 = BasicConv2d(3, c(64), kernel_size=7, stride=2, padding=3)
    net.conv2 = BasicConv2d(c(64), c(64), kernel_size=1)
    net.conv3 = BasicConv2d(c(64), c(192), kernel_size=3, padding=1)
    channels = c(192)
    outputs = {}
    for name, *widths in tutorial.TABLE:
        widths = [c(w) for w in widths]
        setattr(net, f"inception{name}", Inception(channels, *widths))
        channels = outputs[name] = widths[0] + widths[2] + widths[4] + widths[5]
    for name, after in (("aux1", "4a"), ("aux2", "4d")):
        head = InceptionAux(outputs[after], 1000)
        head.conv = BasicConv2d(outputs[after], c(128), kernel_size=1)
        head.fc1 = torch.nn.Linear(c(128) * 16, 1024)
        setattr(net, name, head)
    net.fc = torch.nn.Linear(channels, 1000)
    return net


class Work:
    def __init__(self, spec, layout):
        self.spec, self.device = spec, spec["device"]
        torch.set_num_threads(spec["threads"])
        torch.manual_seed(0)
        is_tutorial = spec["spec"] == "tutorial"
        net = tutorial.Tutorial() if is_tutorial else scaled_googlenet(spec["width"])
        form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.net = net.to(self.device).to(memory_format=form)
        self.images = torch.rand(spec["batch"], 3, spec["size"], spec["size"], device=self.device).contiguous(memory_format=form)
        self.labels = torch.randint(10 if is_tutorial else 1000, (spec["batch"],), device=self.device)
        self.training = spec["kind"] == "training"
        self.net.train(self.training)
        if self.training:
            options = {"fused": True} if self.device != "cpu" else {"foreach": True}
            self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.001, momentum=0.9, **options)
        if self.device != "cpu":
            torch.backends.cudnn.benchmark = True
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

    def step(self):
        with torch.autocast("cuda" if self.device != "cpu" else "cpu", dtype=torch.bfloat16, enabled=self.spec["precision"] == "bf16"):
            output = self.net(self.images)
            if not self.training:
                return
            main, aux2, aux1 = output
            loss = F.cross_entropy(main, self.labels) + 0.3 * (F.cross_entropy(aux1, self.labels) + F.cross_entropy(aux2, self.labels))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def seconds(self, batches):
        self.synchronize()
        began = time.perf_counter()
        with torch.inference_mode(not self.training):
            for _ in range(batches):
                self.step()
        self.synchronize()
        return time.perf_counter() - began

    def synchronize(self):
        if self.device != "cpu":
            torch.cuda.synchronize()


def peak_mebibytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


def main():
    work = Work(json.loads(sys.argv[1]), sys.argv[2])
    device = f", {torch.cuda.get_device_name()}" if work.device != "cpu" else ""
    print(f"ready PyTorch {torch.__version__}, torchvision {torchvision.__version__}, Python {sys.version.split()[0]}{device}", flush=True)
    for line in sys.stdin:
        print(repr(work.seconds(int(line))), flush=True)
    print(peak_mebibytes(), flush=True)


main()
