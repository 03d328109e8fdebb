"""Makes the images of tests/images.rs with Pillow, and what Pillow makes of them.

    python images.py
"""

import pathlib

import numpy as np
from PIL import Image

here = pathlib.Path("images")
here.mkdir(exist_ok=True)
rng = np.random.default_rng(0)
y, x = np.mgrid[0:12, 0:15]
grey = ((x * 17 + y * 5) % 256).astype(np.uint8)
noise = rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)
smooth = np.stack([x * 16, y * 20, 255 - x * 8 - y * 8], 2).astype(np.uint8)

Image.fromarray(grey).save(here / "grey.png")
Image.fromarray(noise).save(here / "noise.png")
Image.fromarray(grey.astype(np.uint16) * 257).save(here / "grey16.png")
alpha = np.dstack([noise, (x * 17).astype(np.uint8)])
Image.fromarray(alpha, "RGBA").save(here / "alpha.png")
Image.fromarray(noise).convert("P").save(here / "palette.png")
Image.fromarray(((x + y) % 2 == 0)).save(here / "bit.png")
Image.fromarray(grey).save(here / "grey.jpg", quality=95)
Image.fromarray(smooth).save(here / "colour.jpg", quality=95, subsampling=0)
Image.fromarray(smooth).save(here / "progressive.jpeg", quality=95, progressive=True)
Image.fromarray(smooth).convert("CMYK").save(here / "cmyk.jpg", quality=95)

# What Pillow makes of each: red, green and blue, rows, columns; and resized.
expected = {}
for path in sorted(here.iterdir()):
    if path.suffix not in (".png", ".jpg", ".jpeg"):
        continue
    image = Image.open(path)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    rgb = image.convert("RGB")
    expected[path.name] = np.asarray(rgb).transpose(2, 0, 1)
    expected[path.name + " grey"] = np.asarray(rgb.convert("L"))
    for rows, columns in [(5, 4), (14, 20)] if path.name in ("noise.png", "colour.jpg") else []:
        resized = rgb.resize((columns, rows), Image.Resampling.BILINEAR)
        expected[f"{path.name} {rows}x{columns}"] = np.asarray(resized).transpose(2, 0, 1)
with open(here / "expected.txt", "w") as out:
    for name, values in expected.items():
        out.write(name + ":" + values.astype(np.uint8).tobytes().hex() + "\n")
