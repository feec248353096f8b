"""Writes images.json: small pictures of every kind that ImageFile reads, and what Pillow makes of them.

Debian 12's imagemagick 6.9.11, libjpeg-turbo-progs 2.1.5 and python3-pil 9.4 wrote the file that is committed.
usage: /usr/bin/python3 generate_images.py   (in this folder)
"""
import base64, io, json, struct, subprocess, tempfile, zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

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
    """What Pillow reads, upright, as RGB. Of 16-bit grey, which Pillow saturates, the high byte."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    return np.asarray(image.convert("RGB"))


def black_where_transparent(data):
    """What Pillow reads of a GIF, whose transparent pixels have no colour of their own."""
    rgba = np.array(Image.open(io.BytesIO(data)).convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0
    return rgba[..., :3]


def add(name, data, rgb=None, grey=False):
    rgb = rgb_of(data) if rgb is None else rgb
    case = {"name": name, "file": base64.b64encode(data).decode(), "height": rgb.shape[0], "width": rgb.shape[1],
            "rgb": base64.b64encode(np.ascontiguousarray(rgb).tobytes()).decode()}
    if grey:
        case["gray"] = base64.b64encode(Image.fromarray(rgb).convert("L").tobytes()).decode()
    cases.append(case)


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



def bmp(header, bits, rows, compression=0, palette=b"", masks=b""):
    """A BMP of 17x9 pixels of a kind that Pillow and ImageMagick do not write."""
    head = struct.pack("<IHHHH", 12, 17, 9, 1, bits) if header == 12 else (
        struct.pack("<IiiHHIIiiII", header, 17, 9, 1, bits, compression, len(rows), 2835, 2835, len(palette) // 4, 0) + b"\0" * (header - 40))
    offset = 14 + len(head) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + head + masks + palette + rows


def padded(row):
    return row + b"\0" * (-len(row) % 4)


quantized = image.quantize(16)
index = np.asarray(quantized)[::-1]
colours = np.array(quantized.getpalette()[:48], np.uint8).reshape(16, 3)[:, ::-1]
quads = b"".join(colour.tobytes() + b"\0" for colour in colours)
runs = b"".join(b"".join(bytes([1, v]) for v in row) + b"\0\0" for row in index) + b"\0\1"
add("bmp RLE8", bmp(40, 8, runs, 1, quads))
add("bmp RLE8 without runs", bmp(40, 8, b"".join(bytes([0, 17, *row, 0, 0, 0]) for row in index) + b"\0\1", 1, quads))
add("bmp RLE4", bmp(40, 4, b"".join(b"".join(bytes([1, v << 4]) for v in row) + b"\0\0" for row in index) + b"\0\1", 2, quads))
add("bmp OS/2 24 bits", bmp(12, 24, b"".join(padded(row[:, ::-1].tobytes()) for row in small[::-1])))
add("bmp OS/2 palette", bmp(12, 8, b"".join(padded(row.tobytes()) for row in index), palette=(colours.tobytes() + b"\0" * 768)[:768]))
add("bmp OS/2 2 palette", bmp(64, 8, b"".join(padded(row.tobytes()) for row in index), palette=quads))
# Values of 5 and 6 bits that become the same 8 bits whether their bits are repeated, or they are scaled and rounded or cut off.
five, six = ([v for v in range(2 ** n) if (v << (8 - n) | v >> (2 * n - 8)) == v * 255 // (2 ** n - 1) == round(v * 255 / (2 ** n - 1))] for n in (5, 6))
r, g, b = rng.choice(five, (9, 17)), rng.choice(six, (9, 17)), rng.choice(five, (9, 17))
add("bmp 16 bits 565", bmp(40, 16, b"".join(padded(row.astype("<u2").tobytes()) for row in r << 11 | g << 5 | b), 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
g = rng.choice(five, (9, 17))
add("bmp 16 bits 555", bmp(40, 16, b"".join(padded(row.astype("<u2").tobytes()) for row in r << 10 | g << 5 | b)))


def cjpeg(*options):
    return subprocess.run(["cjpeg", "-quality", "85", *options], input=saved(image, "PPM"), stdout=subprocess.PIPE, check=True).stdout


for quality, subsampling, progressive, mode in ((95, 0, False, "RGB"), (80, 2, False, "RGB"), (85, 1, True, "RGB"), (90, 0, False, "L")):
    data = saved(image.convert(mode), "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    add(f"jpeg {mode} quality {quality} subsampling {subsampling}{' progressive' if progressive else ''}", data, grey=True)
for sampling in ("4x2", "1x4", "4x1", "1x2", "3x1"):
    add(f"jpeg sampling {sampling}", cjpeg("-sample", sampling))
add("jpeg restart intervals", cjpeg("-restart", "1B"))
add("jpeg stored as RGB", cjpeg("-rgb"))
add("jpeg CMYK", saved(Image.fromarray(rng.integers(0, 256, (9, 17, 4), dtype=np.uint8), "CMYK"), "JPEG", quality=95))
data = saved(image, "JPEG", quality=90)
add("jpeg extraneous bytes before the end marker", data[:-2] + b"\x00\x12\x34" + data[-2:])
add("jpeg trailing bytes", data + b"more")

add("webp lossy", saved(image, "WEBP", quality=80))
add("webp lossless", saved(image, "WEBP", lossless=True), grey=True)
rgba = Image.fromarray(rng.integers(0, 256, (9, 17, 4), dtype=np.uint8), "RGBA")
add("webp lossless alpha", saved(rgba, "WEBP", lossless=True, exact=True))
add("webp lossy alpha", saved(rgba, "WEBP", quality=80))
add("webp two frames", saved(image, "WEBP", save_all=True, append_images=[image.rotate(180)], lossless=True))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = orientation
    add(f"jpeg orientation {orientation}", saved(image, "JPEG", quality=90, exif=exif.tobytes()))
    add(f"webp orientation {orientation}", saved(image, "WEBP", lossless=True, exif=exif.tobytes()))

add("gif", saved(quantized, "GIF", interlace=0), grey=True)
add("gif interlaced", saved(quantized, "GIF", interlace=1))
add("gif grey", saved(image.convert("L"), "GIF"))
add("gif two frames", saved(image, "GIF", save_all=True, append_images=[image.rotate(180)]))
data = saved(image.quantize(9), "GIF", transparency=3)
add("gif transparent", data, black_where_transparent(data))
data = convert(13, 11, "small.gif", "-alpha", "off", "-page", "20x19+4+5")
canvas = np.zeros((19, 20, 3), np.uint8)
canvas[5:16, 4:17] = rgb_of(data)[5:16, 4:17]
add("gif frame smaller than its canvas", data, canvas)


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

def smooth(width, height):
    """A picture as cameras take them: neighbours differ by little."""
    return np.asarray(Image.fromarray(96 + picture(width // 25, height // 25) // 4).resize((width, height), Image.BICUBIC))


# JPEGs that are decoded at a reduced scale.
for shape, size, fit in (((200, 150), 16, "Crop"), ((150, 200), 24, "Crop"), ((200, 150), 30, "Stretch")):
    data = saved(Image.fromarray(smooth(*shape)), "JPEG", quality=90)
    resized.append({"name": f"jpeg {shape[0]}x{shape[1]}", "file": base64.b64encode(data).decode(), "size": size, "fit": fit,
                    "rgb": base64.b64encode(np.asarray(resize(np.asarray(Image.open(io.BytesIO(data))), size, fit)).tobytes()).decode()})

lines = lambda rows: "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
Path("images.json").write_text('{"decoded": ' + lines(cases) + ',\n"resized": ' + lines(resized) + "}\n")
print(len(cases), len(resized))
