"""Writes images.json: small pictures of every kind that ImageFile reads, and what Pillow makes of them.

Debian 12's imagemagick 6.9.11 and python3-pil 9.4 wrote the file that is committed.
usage: /usr/bin/python3 generate_images.py   (in this folder)
"""
import base64, io, json, struct, subprocess, tempfile, zlib
from pathlib import Path

import numpy as np
from PIL import Image

rng = np.random.default_rng(5)
work = Path(tempfile.mkdtemp())
cases, resized = [], []


def picture(width, height):
    """Gradients with noise, so that every filter and every bit matters."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [9 * x + 5 * y, 255 - 7 * x + 3 * y, 4 * x * y]
    return ((np.stack(planes, -1) + rng.integers(0, 40, (height, width, 3))) % 256).astype(np.uint8)


def convert(width, height, name, *options):
    """A file written by ImageMagick from 16-bit noise with an alpha channel."""
    raw = rng.integers(0, 65536, (height, width, 4), dtype=np.uint16)
    (work / "in.rgba").write_bytes(raw.astype("<u2").tobytes())
    target = work / name.replace(" ", "_")
    subprocess.run(["convert", "-size", f"{width}x{height}", "-depth", "16", "-endian", "LSB", f"rgba:{work / 'in.rgba'}", *options, target], check=True)
    return target.read_bytes()


def palette_png(width, height, depth, interlaced):
    """A palette PNG, which ImageMagick does not write at every depth. Filter 0 in every row."""
    palette = rng.integers(0, 256, (2 ** depth, 3), dtype=np.uint8).tobytes()
    index = rng.integers(0, 2 ** depth, (height, width), dtype=np.uint8)
    starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x, y, dx, dy in starts:
        for row in index[y::dy, x::dx]:
            bits = np.unpackbits(row[:, None], axis=1)[:, 8 - depth:].reshape(-1)
            raw += b"\0" + np.packbits(bits).tobytes()
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"PLTE", palette) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def rgb_of(data):
    """What Pillow reads, as RGB. Of 16-bit grey, which Pillow saturates, the high byte."""
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    return np.asarray(image.convert("RGB"))


def add(name, data, rgb=None):
    rgb = rgb_of(data) if rgb is None else rgb
    cases.append({"name": name, "file": base64.b64encode(data).decode(), "height": rgb.shape[0], "width": rgb.shape[1],
                  "rgb": base64.b64encode(np.ascontiguousarray(rgb).tobytes()).decode()})


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


kinds = [("grey", 0, (1, 2, 4, 8, 16)), ("rgb", 2, (8, 16)), ("palette", 3, (1, 2, 4, 8)), ("grey alpha", 4, (8, 16)), ("rgba", 6, (8, 16))]
for kind, colour, depths in kinds:
    for depth in depths:
        for interlace in ("none", "PNG"):
            reduce = (["-alpha", "off"] if colour in (0, 2) else []) + (["-colorspace", "Gray"] if colour in (0, 4) else [])
            reduce += ["-depth", str(depth)] if depth < 8 else []
            data = palette_png(13, 11, depth, interlace == "PNG") if colour == 3 else convert(
                13, 11, f"{kind}.png", *reduce, "-interlace", interlace, "-define", f"png:color-type={colour}", "-define", f"png:bit-depth={depth}")
            header = data[24], data[25], data[28]
            assert header == (depth, colour, interlace == "PNG"), (kind, depth, interlace, header)
            add(f"png {kind} {depth} bits{' interlaced' if interlace == 'PNG' else ''}", data)

for width, height in ((1, 1), (2, 1), (1, 3), (5, 4), (8, 8), (9, 17)):
    data = convert(width, height, "small.png", "-alpha", "off", "-interlace", "PNG", "-define", "png:color-type=2", "-define", "png:bit-depth=8")
    assert data[28] == 1
    add(f"png interlaced {width}x{height}", data)

small = picture(17, 9)
image = Image.fromarray(small)
add("png palette with transparency", saved(image.quantize(9), "PNG", transparency=3))
add("png rgb with a transparent colour", saved(image, "PNG", transparency=(1, 2, 3)))
add("png one bit grey by Pillow", saved(image.convert("1"), "PNG"))
add("ppm", saved(image, "PPM"))
add("pgm", saved(image.convert("L"), "PPM"))
add("ppm with comments", b"P6 # a comment\n#another\n 17\t9 #x\n255\n" + small.tobytes())
low = (small // 3).astype(np.uint8) % 86
add("ppm up to 85", b"P6\n17 9\n85\n" + low.tobytes())
wide = rng.integers(0, 65536, (9, 17, 3), dtype=np.uint16)
add("ppm of 16 bits", b"P6\n17 9\n65535\n" + wide.astype(">u2").tobytes())
add("pgm of 16 bits", b"P5\n17 9\n65535\n" + wide[..., 0].astype(">u2").tobytes(),
    np.repeat(np.rint(wide[..., :1] / 65535 * 255).astype(np.uint8), 3, -1))

for mode, name in (("RGB", "24 bits"), ("RGBA", "32 bits"), ("P", "8-bit palette"), ("1", "1-bit palette"), ("L", "8-bit grey")):
    source = image.quantize(200) if mode == "P" else image.convert(mode)
    add(f"bmp {name}", saved(source, "BMP"))
add("bmp 4-bit palette", convert(13, 11, "p4.bmp", "-alpha", "off", "-colors", "16", "-type", "Palette", "-define", "bmp:format=bmp3"))
add("bmp V4 24 bits", convert(13, 11, "v4.bmp", "-alpha", "off", "-define", "bmp:format=bmp4"))
add("bmp V4 32 bits", convert(13, 11, "v432.bmp", "-define", "bmp:format=bmp4"))
add("bmp V5 32 bits", convert(13, 11, "v5.bmp", "-define", "bmp:format=bmp5"))
bottom_up = saved(image, "BMP")
stride = (17 * 3 + 3) // 4 * 4
rows = [bottom_up[54 + stride * i:54 + stride * (i + 1)] for i in range(9)]
add("bmp top down", bottom_up[:22] + struct.pack("<i", -9) + bottom_up[26:54] + b"".join(reversed(rows)))

for quality, subsampling, progressive, mode in ((95, 0, False, "RGB"), (80, 2, False, "RGB"), (85, 1, True, "RGB"), (90, 0, False, "L")):
    data = saved(image.convert(mode), "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    add(f"jpeg {mode} quality {quality} subsampling {subsampling}{' progressive' if progressive else ''}", data)


def resize(source, size, fit):
    """torchvision's Resize(size) and CenterCrop(size), or both sides."""
    image = Image.fromarray(source)
    width, height = image.size
    if fit == "Stretch":
        return image.resize((size, size), Image.BILINEAR)
    short, long = min(width, height), max(width, height)
    other = int(size * long / short)
    image = image.resize((size, other) if width <= height else (other, size), Image.BILINEAR)
    left, top = round((image.width - size) / 2), round((image.height - size) / 2)
    return image.crop((left, top, left + size, top + size))


for shape in ((61, 37), (23, 40), (32, 32)):
    source = picture(*shape)
    for size, fit in ((16, "Crop"), (16, "Stretch"), (9, "Crop"), (50, "Crop"), (50, "Stretch"), (1, "Crop"), (32, "Crop")):
        resized.append({"name": f"{shape[0]}x{shape[1]}", "file": base64.b64encode(saved(Image.fromarray(source), "PNG")).decode(),
                        "size": size, "fit": fit, "rgb": base64.b64encode(np.asarray(resize(source, size, fit)).tobytes()).decode()})

lines = lambda rows: "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
Path("images.json").write_text('{"decoded": ' + lines(cases) + ',\n"resized": ' + lines(resized) + "}\n")
print(len(cases), len(resized))
