#!/usr/bin/env python3
"""Prints the verdict of a model on images that were made to fail, one row of a Markdown table for each kind.

usage: made_to_fail.py PROGRAM MODEL IMAGES WORK [--seed S]
IMAGES is a folder of grey images that the model is good at; crops of eight of them are blurred and buried in noise. The
other kinds are drawn: noise, threads, stripes, closed layers, slopes. Images are written to WORK/KIND, results to
WORK/KIND-found. None may be called good, but for the crops as they are. Needs python3-numpy and python3-tifffile.
"""
import argparse
import pathlib
import subprocess

import numpy as np
import tifffile

SIDE = 400  # px
COUNT = 8  # images of each kind


def blurred(image, sigma):
    """Gaussian blur, periodic, by Fourier transform."""
    y, x = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])
    return np.fft.ifft2(np.fft.fft2(image) * np.exp(-2 * (np.pi * sigma) ** 2 * (y**2 + x**2))).real


def noise(random):
    return random.normal(0, 1, (SIDE, SIDE))


def smooth_noise(random, sigma, height):
    image = blurred(noise(random), sigma)
    return 500 + height * image / image.std()


def threads(random, count):
    """Lines that wander over the image."""
    lines = np.zeros((SIDE, SIDE))
    for _ in range(count):
        place, angle = random.uniform(0, SIDE, 2), random.uniform(0, 2 * np.pi)
        for _ in range(500):
            angle += random.normal(0, 0.05)
            place = place + [np.sin(angle), np.cos(angle)]
            y, x = place.astype(int)
            if 0 <= y < SIDE and 0 <= x < SIDE:
                lines[y, x] = 1
    lines = blurred(lines, 1.2)
    return 300 + 4000 * lines / lines.max() + 30 * noise(random)


def stripes(random):
    y, x = np.mgrid[:SIDE, :SIDE]
    angle = random.uniform(0, np.pi)
    return 1000 + 800 * np.sign(np.sin((x * np.cos(angle) + y * np.sin(angle)) / 6)) + 20 * noise(random)


def closed_layer(random, depth):
    """Cells that leave no gap: texture, and borders that are darker by `depth`."""
    centres = random.uniform(0, SIDE, (SIDE * SIDE // 24**2, 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    nearest = np.full((2, SIDE, SIDE), np.inf)
    for cy, cx in centres:
        distance = np.hypot(y - cy, x - cx)
        nearest[1] = np.minimum(nearest[1], np.maximum(nearest[0], distance))
        nearest[0] = np.minimum(nearest[0], distance)
    return 1000 + 800 * blurred(noise(random), 2) - depth * np.exp((nearest[0] - nearest[1]) / 2) + 40 * noise(random)


def slope(random):
    return 200 + random.uniform(1, 5) * np.arange(SIDE) + 10 * noise(random)


def kinds(crops, random):
    """Name and images of each kind."""
    yield "as they are", crops
    for sigma in (8, 14, 24):
        yield f"blurred, sigma {sigma} px", [blurred(crop, sigma) for crop in crops]
    yield "buried in noise", [200 + 20 * crop / crop.max() + 30 * noise(random) for crop in crops]
    drawn = {
        "noise": lambda: 500 + 30 * noise(random),
        "smooth noise": lambda: smooth_noise(random, 3, 40),
        "coarse smooth noise": lambda: smooth_noise(random, 10, 60),
        "one value": lambda: np.full((SIDE, SIDE), 300.0),
        "slope of light": lambda: slope(random),
        "threads": lambda: threads(random, 60),
        "few threads": lambda: threads(random, 15),
        "stripes": lambda: stripes(random),
        "closed layer without borders": lambda: closed_layer(random, 0),
        "closed layer with faint borders": lambda: closed_layer(random, 150),
    }
    for name, draw in drawn.items():
        yield name, [draw() for _ in range(COUNT)]


def verdict(program, model, folder, found):
    """What the program says at its end, and its exit code."""
    command = [program, "-q", "segment", folder, "--model", model, "-o", found]
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True)
    told = [line.split("verdict: ")[1] for line in done.stderr.splitlines() if "verdict: " in line]
    return (told[0].split(" - ")[0] if told else "none"), done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    files = sorted(given.images.iterdir())
    spread = files[:: max(1, len(files) // COUNT)][:COUNT]
    crops = [tifffile.imread(file)[:SIDE, :SIDE].astype(float) for file in spread]
    print("| images | verdict | exit code |\n|---|---|---|")
    for name, images in kinds(crops, np.random.default_rng(given.seed)):
        folder = given.work / name.replace(" ", "_").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(images):
            tifffile.imwrite(folder / f"{number}.tif", np.clip(np.round(image), 0, 65535).astype(np.uint16))
        said, code = verdict(given.program, given.model, folder, given.work / f"{folder.name}-found")
        print(f"| {name} | {said} | {code} |", flush=True)


if __name__ == "__main__":
    main()
