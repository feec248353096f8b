#!/usr/bin/python3
"""Writes Approved/*.json: every number of the built-in recipes, so that none changes unseen.

The networks follow from Table 1 of arXiv:1409.4842 and docs/variants.md. Of how they are trained docs/recipes.md says a part; the other settings have
no source but the recipes themselves and are written down here once more.
"""
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "GoogLeNet.Net.Tests" / "Models"))
from generate_approved_keys import TABLE, full, half  # noqa: E402

BRANCHES = ("conv1x1", "reduce3x3", "conv3x3", "reduce5x5", "conv5x5", "poolProjection")
MEAN, DEVIATION = [125.307, 122.950, 113.865], [62.993, 62.089, 66.705]  # of CIFAR-10's training images, 0 to 255


def convolution(name, channels, kernel, stride=1, bias=0):
    return {"layer": "convolution", "name": name, "channels": channels, "kernel": kernel, "stride": stride, "bias": bias}


def pool(name):
    return {"layer": "maxPool", "name": name, "kernel": 3, "stride": 2}


def whitening(kernel, stride):
    return {"layer": "whitening", "name": "whiten", "kernel": kernel, "stride": stride, "epsilon": 5e-4}


def blocks(scale):
    for name, row in TABLE.items():
        if name in ("4a", "5a"):
            yield pool("maxpool3" if name == "4a" else "maxpool4")
        yield {"layer": "inception", "name": name, **dict(zip(BRANCHES, map(scale, row)))}


def head(name, after, channels, hidden, dropout, pooling):
    return {
        "name": name, "after": after, "weight": 0.3, "pooling": pooling, "channels": channels, "hidden": hidden, "dropout": dropout, "bias": 0,
    }


def cifar(name, scale, stem, identity):
    pooling = {"pooling": "adaptiveAverage", "size": 2}
    return {
        "name": name, "inputSize": 32, "inputChannels": 3, "layers": [*stem, *blocks(scale)],
        "auxiliaries": [head(aux, after, scale(128), 256, 0.2, pooling) for aux, after in (("aux1", "4a"), ("aux2", "4d"))],
        "blocks": {
            "normalization": "batchNorm", "batchNormEpsilon": 1e-5, "batchNormMomentum": 0.1, "branch5x5": "conv5x5", "padding": "symmetric",
            "weights": "heUniform", "identityFilters": identity, "inceptionBias": 0.2,
        },
        "pooling": "floor", "dropout": 0,
    }


def tutorial():
    stem = [
        convolution("conv1", 64, 7, stride=2, bias=0.2), pool("maxpool1"), convolution("conv2", 64, 1), convolution("conv3", 192, 3), pool("maxpool2"),
    ]
    pooling = {"pooling": "average", "kernel": 5, "stride": 3}
    return {
        "name": "tutorial", "inputSize": 224, "inputChannels": 3, "layers": [*stem, *blocks(full)],
        "auxiliaries": [head(aux, after, 128, 1024, 0.7, pooling) for aux, after in (("aux1", "4a"), ("aux2", "4d"))],
        "blocks": {
            "normalization": "none", "batchNormEpsilon": 1e-3, "batchNormMomentum": 0.1, "branch5x5": "conv5x5", "padding": "same",
            "weights": "glorotUniform", "identityFilters": False, "inceptionBias": 0.2,
        },
        "pooling": "same", "dropout": 0.4,
    }


def group(kinds="any", keys=None, rate=1, decay=1):
    return {"kinds": kinds, "keys": keys, "learningRateFactor": rate, "weightDecayFactor": decay}


def sgd(nesterov, decay, form):
    return {
        "optimizer": "sgd", "momentum": 0.9, "weightDecay": decay, "decoupledWeightDecay": False, "nesterov": nesterov, "form": form,
        "groups": [group("biases, normalization", decay=0)],
    }


def muon(others):
    return {
        "optimizer": "muon", "momentum": 0.6, "otherMomentum": 0.9, "iterations": 3, "normalizesFilters": True, "weightDecay": 5e-4,
        "groups": [group("biases, normalization", rate=others, decay=0), group(keys="*fc*.weight", rate=others)],
    }


def triangle(peak, peak_at, start):
    return {"schedule": "triangular", "peak": peak, "peakAt": peak_at, "start": start, "end": 0}


STANDARDIZE = {"transform": "normalize", "mean": MEAN, "deviation": DEVIATION}
FLIP = {"transform": "horizontalFlip", "alternating": True}
TO_224 = [{"transform": "resize", "size": 224}, {"transform": "scaleToUnit"}]


def crop(padding):
    return {"transform": "randomCrop", "padding": padding, "mode": "zero"}


def write(name, spec, epochs, batch, schedule, optimizer, transforms, test, smoothing=0, interval=1, limit=None, views="none", bfloat16=False,
          pictures=None):
    trainer = {
        "epochs": epochs, "batchSize": batch, "microBatchSize": None, "schedule": schedule, "optimizer": optimizer, "labelSmoothing": smoothing,
        "classWeights": None, "metrics": None, "sampling": None, "synchronizeBatchNorm": True, "reducePrecision": "float32",
        "losses": None, "headWeights": None, "topK": None, "precision": "float32", "clipping": None, "averaging": None, "earlyStopping": None,
        "seed": 0, "trainTransforms": transforms, "resizing": None, "mixup": None, "validationTransforms": test, "validationInterval": interval,
    }
    recipe = {
        "name": name, "spec": spec, "trainer": trainer, "bFloat16WhereFast": bfloat16, "testViews": views, "limit": limit, "threads": None,
    }
    if pictures:
        recipe["pictureSize"] = pictures
    (HERE / "Approved" / f"{name}.json").write_text(json.dumps(recipe, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def imagenet(norm):
    bias = 0 if norm else 0.2
    lrn = [] if norm else [[{"layer": "localResponseNorm", "name": f"lrn{i}", "size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1}] for i in (1, 2)]
    stem = [
        convolution("conv1", 64, 7, stride=2, bias=bias), pool("maxpool1"), *(lrn[0] if lrn else []), convolution("conv2", 64, 1, bias=bias),
        convolution("conv3", 192, 3, bias=bias), *(lrn[1] if lrn else []), pool("maxpool2"),
    ]
    body = [{**layer, "kernel": 2} if norm and layer["name"] == "maxpool4" else layer for layer in blocks(full)]
    pooling = {"pooling": "adaptiveAverage", "size": 4} if norm else {"pooling": "average", "kernel": 5, "stride": 3}
    return {
        "name": "torchvision" if norm else "paper", "inputSize": 224, "inputChannels": 3, "layers": [*stem, *body],
        "auxiliaries": [{**head(aux, after, 128, 1024, 0.7, pooling), "bias": bias} for aux, after in (("aux1", "4a"), ("aux2", "4d"))],
        "blocks": {
            "normalization": "batchNorm" if norm else "none", "batchNormEpsilon": 1e-3, "batchNormMomentum": 0.1,
            "branch5x5": "conv3x3" if norm else "conv5x5", "padding": "symmetric", "weights": "truncatedNormal" if norm else "caffeXavier",
            "identityFilters": False, "inceptionBias": 0.2,
        },
        "pooling": "ceil", "dropout": 0.2 if norm else 0.4,
    }


def quarter(width):
    return half(half(width))


def small_stem(scale):
    return [
        convolution("conv1", scale(64), 3), pool("maxpool1"), convolution("conv2", scale(64), 1), convolution("conv3", scale(192), 3), pool("maxpool2"),
    ]


write("smoke", cifar("cifar-small × 0.5", quarter, small_stem(quarter), identity=False), epochs=3, batch=50, schedule=triangle(0.05, 0.2, 0.2),
      optimizer=sgd(True, 5e-4, "pyTorch"), transforms=[FLIP, STANDARDIZE], test=[STANDARDIZE], limit=2000)
write("cpu", cifar("cifar-fast", half, [whitening(4, 2), *small_stem(half)[2:]], identity=True), epochs=3, batch=128,
      schedule=triangle(0.08, 0.3, 0.05), optimizer=muon(3), transforms=[FLIP, crop(2), STANDARDIZE], test=[STANDARDIZE], smoothing=0.1, interval=None,
      views="flip", bfloat16=True)
write("gpu", cifar("cifar-fast, full size", full, [whitening(2, 1), convolution("conv3", 192, 3), pool("maxpool2")], identity=True), epochs=20, batch=512,
      schedule=triangle(0.12, 0.3, 0.05), optimizer=muon(2.5), transforms=[FLIP, crop(4), {"transform": "cutout", "size": 8, "fill": 0}, STANDARDIZE],
      test=[STANDARDIZE], smoothing=0.2, interval=None, views="crops", bfloat16=True)
write("tutorial", tutorial(), epochs=25, batch=256, schedule={"schedule": "stepDecay", "initial": 0.01, "factor": 0.96, "everyEpochs": 8},
      optimizer=sgd(False, 0, "keras"), transforms=TO_224, test=TO_224)

# bvlc_googlenet's quick_solver.prototxt (2.4 million steps of 32 of 1.28 million images: 60 epochs) and solver.prototxt (10 million, x 0.96 every 320,000: 8 epochs).
CAFFE_MEAN = {"transform": "normalize", "mean": [123, 117, 104], "deviation": [1, 1, 1]}
PAPER_CROP = {
    "transform": "randomResizedCrop", "size": 224, "minArea": 0.08, "maxArea": 1, "minAspect": 3 / 4, "maxAspect": 4 / 3,
    "interpolations": ["bilinear", "area", "nearest", "bicubic"],
}
DISTORTION = {"transform": "photometricDistortion", "brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "lighting": 0.1, "maximum": 255}
CAFFE_SGD = {**sgd(False, 2e-4, "pyTorch"), "groups": [group("biases", rate=2, decay=0), group("normalization", decay=0)]}
QUICK = {"schedule": "polynomialDecay", "initial": 0.01, "power": 0.5}
STANDARD = {"schedule": "stepLR", "initial": 0.01, "factor": 0.96, "everyEpochs": 8}
for name, norm, epochs, schedule in (("imagenet", False, 60, QUICK), ("imagenet-standard", False, 250, STANDARD), ("imagenet-bn", True, 60, QUICK)):
    write(name, imagenet(norm), epochs=epochs, batch=32, schedule=schedule, optimizer=CAFFE_SGD,
          transforms=[PAPER_CROP, {"transform": "horizontalFlip", "alternating": False}, DISTORTION, CAFFE_MEAN],
          test=[{"transform": "centerCrop", "size": 224}, CAFFE_MEAN], views="ten", pictures=256)
