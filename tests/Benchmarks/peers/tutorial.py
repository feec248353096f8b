"""The Keras tutorial's GoogLeNet in PyTorch: GoogLeNetSpec.Tutorial, for the races on a GPU. No batch normalisation, TensorFlow's padding."""
import torch
import torch.nn.functional as F
from torch import nn

# Table 1 of arXiv:1409.4842: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
TABLE = [
    ("3a", 64, 96, 128, 16, 32, 32), ("3b", 128, 128, 192, 32, 96, 64),
    ("4a", 192, 96, 208, 16, 48, 64), ("4b", 160, 112, 224, 24, 64, 64), ("4c", 128, 128, 256, 24, 64, 64),
    ("4d", 112, 144, 288, 32, 64, 64), ("4e", 256, 160, 320, 32, 128, 128),
    ("5a", 256, 160, 320, 32, 128, 128), ("5b", 384, 192, 384, 48, 128, 128),
]


def convolution(inputs, outputs, kernel, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0), nn.ReLU(inplace=True))


def pool(x):
    # TensorFlow's "same" with an even size: the odd row and column at the bottom and right.
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


class Inception(nn.Module):
    def __init__(self, inputs, one, reduce3, three, reduce5, five, projection):
        super().__init__()
        self.one = convolution(inputs, one, 1)
        self.three = nn.Sequential(convolution(inputs, reduce3, 1), convolution(reduce3, three, 3))
        self.five = nn.Sequential(convolution(inputs, reduce5, 1), convolution(reduce5, five, 5))
        self.projection = nn.Sequential(nn.MaxPool2d(3, 1, 1), convolution(inputs, projection, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x), self.projection(x)], 1)


class Head(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.conv = convolution(inputs, 128, 1)
        self.fc1 = nn.Linear(128 * 16, 1024)
        self.fc2 = nn.Linear(1024, 10)

    def forward(self, x):
        x = self.conv(F.avg_pool2d(x, 5, 3)).flatten(1)
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.7, self.training))


class Tutorial(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = convolution(3, 64, 7, stride=2)
        self.conv2 = convolution(64, 64, 1)
        self.conv3 = convolution(64, 192, 3)
        channels = 192
        blocks = {}
        for name, *widths in TABLE:
            blocks["b" + name] = Inception(channels, *widths)
            channels = widths[0] + widths[2] + widths[4] + widths[5]
        self.blocks = nn.ModuleDict(blocks)
        self.aux1, self.aux2 = Head(512), Head(528)
        self.fc = nn.Linear(1024, 10)

    def forward(self, x):
        x = pool(self.conv1(F.pad(x, (2, 3, 2, 3))))
        x = pool(self.conv3(self.conv2(x)))
        heads = {}
        for name, block in self.blocks.items():
            x = block(x)
            if self.training and name == "b4a":
                heads["aux1"] = self.aux1(x)
            if self.training and name == "b4d":
                heads["aux2"] = self.aux2(x)
            if name in ("b3b", "b4e"):
                x = pool(x)
        main = self.fc(F.dropout(x.mean((2, 3)), 0.4, self.training))
        return (main, heads["aux2"], heads["aux1"]) if self.training else main
