#!/usr/bin/env python3
"""Tells what artefacts cost: F1 at IoU 0.5 on images with and without them, by the same model.

usage: artefacts.py PROGRAM MODEL IMAGES TRUTH WORK [--every N] [--seed S]
IMAGES and TRUTH are folders of grey images and of label maps with the same stems; every N-th image counts (default 1).
Variants of the images are written to WORK/images, label maps to WORK/found. Each kind of artefact is put into every
image at a random place with a random strength; the same seed gives the same variants. Needs python3-numpy,
python3-tifffile and python3-pil.
"""
import argparse
import pathlib
import subprocess

import numpy as np
import tifffile
from PIL import Image, ImageDraw

FULL = 65535  # full scale of the camera
ANYTHING = -1  # in a truth: what is found there, e.g. debris as an object, does not count
LEAST_PART = 30  # px: smaller rests of an object that padding cuts are no object


def place(random, length, size):
    return int(random.integers(0, max(1, length - size)))


def dead_columns(image, truth, random):
    for _ in range(random.integers(1, 4)):
        x = place(random, image.shape[1], 2)
        image[:, x : x + random.integers(1, 4)] = random.choice([0, FULL])


def dead_rows(image, truth, random):
    y = place(random, image.shape[0], 2)
    image[y : y + random.integers(1, 3)] = random.choice([0, FULL])


def bar_and_text(image, truth, random):
    length, thickness = random.integers(50, 150), random.integers(4, 10)
    picture = Image.new("L", image.shape[::-1])
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    x, y = place(random, image.shape[1], length), 30 + place(random, image.shape[0] - 30, thickness + 5)
    draw.rectangle([x, y, x + int(length), y + int(thickness) - 1], fill=255)
    draw.text((x + 10, y - 18), f"{random.integers(1, 200)} um", fill=255)
    image[np.asarray(picture) > 0] = FULL


def debris(image, truth, random):
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    for _ in range(random.integers(1, 3)):
        cy, cx = place(random, image.shape[0], 1), place(random, image.shape[1], 1)
        radius = np.sqrt((y - cy) ** 2 + ((x - cx) * random.uniform(0.6, 1.5)) ** 2) / random.uniform(8, 20)
        image += random.uniform(0.1, 0.9) * FULL / (1 + np.exp((radius - 1) * 12))
        truth[radius < 1.3] = ANYTHING


def hot_pixels(image, truth, random):
    share = random.uniform(0.001, 0.01)
    image[random.random(image.shape) < share] = FULL * random.uniform(0.2, 1)


def slope(image, truth, random):
    angle, rise = random.uniform(0, 2 * np.pi), random.uniform(1, 4) * np.percentile(image, 97)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    ramp = (np.cos(angle) * x / image.shape[1] + np.sin(angle) * y / image.shape[0]) / 2
    image += rise * (ramp - ramp.min())


def pad(image, truth, random, value):
    """A side of the image, and a part of another one, as in a stitched field."""
    first, second = int(image.shape[1] * random.uniform(0.05, 0.35)), int(image.shape[0] * random.uniform(0.05, 0.35))
    part = int(image.shape[1] * random.uniform(0.3, 0.9))
    outside = np.zeros(image.shape, bool)
    outside[:, :first] = True
    outside[-second:, :part] = True
    if random.random() < 0.5:
        outside = outside[::-1, ::-1]
    image[outside] = value
    truth[outside] = 0


def black_padding(image, truth, random):
    pad(image, truth, random, 0)


def white_padding(image, truth, random):
    pad(image, truth, random, FULL)


def nan_padding(image, truth, random):
    pad(image, truth, random, np.nan)


def infinite_pixels(image, truth, random):
    image[(truth > 0) & (random.random(image.shape) < 0.02)] = np.inf


def all_together(image, truth, random):
    for change in (slope, debris, hot_pixels, dead_columns, bar_and_text, black_padding):
        change(image, truth, random)
        np.clip(image, 0, FULL, out=image)


KINDS = {f.__name__: f for f in (dead_columns, dead_rows, bar_and_text, debris, hot_pixels, slope, black_padding,
                                 white_padding, nan_padding, infinite_pixels, all_together)}


def write_variant(path, image):
    if np.isfinite(image).all():
        image = image.clip(0, FULL).round().astype(np.uint16)
    tifffile.imwrite(path, image if image.dtype == np.uint16 else image.astype(np.float32))


def counts(truth, found):
    """True positives at IoU 0.5, objects of the truth, objects found."""
    areas = np.bincount(found.ravel())
    on_anything = np.bincount(found[truth == ANYTHING], minlength=len(areas))
    areas[on_anything > 0.5 * areas] = 0
    found, truth = np.where(areas[found] > 0, found, 0), truth.clip(0)
    parts = np.bincount(truth.ravel())
    parts[0] = 0
    kept = np.flatnonzero(parts >= LEAST_PART)
    matches = 0
    for label in kept:
        over = np.bincount(found[truth == label])
        over[0] = 0
        best = over.argmax()
        matches += over[best] > 0 and over[best] / (parts[label] + areas[best] - over[best]) > 0.5
    return np.array([matches, len(kept), np.count_nonzero(areas[1:])])


def f1_of(total):
    return 2 * total[0] / max(1, total[1] + total[2])


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "model", "images", "truth", "work"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sources = sorted(p for p in given.images.iterdir() if p.suffix == ".tif")[:: given.every]
    truths, paths = {}, []
    (given.work / "images").mkdir(parents=True, exist_ok=True)
    for kind in ("clean", *KINDS):
        for index, source in enumerate(sources):
            image = tifffile.imread(source).astype(float)
            truth = tifffile.imread(next(given.truth.glob(source.stem + ".*"))).astype(int)
            if kind != "clean":
                KINDS[kind](image, truth, np.random.default_rng([given.seed, index, list(KINDS).index(kind)]))
            path = given.work / "images" / f"{kind}-{source.stem}.tif"
            write_variant(path, image)
            truths.setdefault(kind, []).append((path.stem, truth))
            paths.append(path)
    command = [given.program, "segment", *paths, "--model", given.model, "-o", given.work / "found"]
    # 3: done, but not to be trusted, which is what is measured here.
    if subprocess.run([*map(str, command)], check=False).returncode not in (0, 3):
        raise SystemExit("segmenting failed")
    clean = None
    print("| artefact | true | found | F1@.5 | difference |\n|---|---|---|---|---|")
    for kind, images in truths.items():
        total = sum(counts(truth, tifffile.imread(given.work / "found" / "labels" / f"{stem}.tif").astype(int))
                    for stem, truth in images)
        clean = f1_of(total) if clean is None else clean
        print(f"| {kind} | {total[1]} | {total[2]} | {f1_of(total):.3f} | {f1_of(total) - clean:+.3f} |")


main()
