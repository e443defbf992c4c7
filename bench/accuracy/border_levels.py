#!/usr/bin/env python3
"""Tells at which share of an object's contrast the borders of the truth lie, and those that were found.

usage: border_levels.py IMAGES FOUND TRUTH [EVERY]
IMAGES, FOUND and TRUTH are folders; a label map man_seg000.tif is that of the image t000.tif. Every EVERY-th label map
of the truth counts (default 1). Needs python3-numpy, python3-scipy and python3-tifffile.

Level of a border: (mean of the grey values just inside and just outside it - surroundings) / (inside - surroundings),
inside being the median of the object more than 2 px from its true border and the surroundings the median of the pixels
from 4 px on beyond both borders. 0.5 is half height, where a blurred border appears steepest. Only objects that were
found with an IoU of at least 0.6, and that have no neighbour near by, count.
"""
import pathlib
import sys

import numpy as np
import tifffile
from scipy.ndimage import binary_dilation, binary_erosion, find_objects

MARGIN = 8  # px around an object
LEAST_IOU = 0.6
LEAST_PIXELS = 20  # of the surroundings


def grown(window, shape):
    return tuple(slice(max(s.start - MARGIN, 0), min(s.stop + MARGIN, n)) for s, n in zip(window, shape))


def level_at(border_of, grey, inside, around):
    inner = border_of & ~binary_erosion(border_of)
    outer = binary_dilation(border_of) & ~border_of
    return ((grey[inner].mean() + grey[outer].mean()) / 2 - around) / (inside - around)


def levels_of(grey, truth, found):
    """Pairs (level of the true border, level of the found one, found area / true area)."""
    for label, window in enumerate(find_objects(truth), start=1):
        if window is None:
            continue
        near = grown(window, truth.shape)
        true, values = truth[near] == label, grey[near]
        match = np.bincount(found[near][true]).argmax()
        same = found[near] == match
        if match == 0 or (true & same).sum() < LEAST_IOU * (true | same).sum():
            continue
        surroundings = ~binary_dilation(true | same, iterations=4)
        core = binary_erosion(true, iterations=2)
        if ((truth[near] > 0) & ~true).any() or surroundings.sum() < LEAST_PIXELS or not core.any():
            continue
        inside, around = np.median(values[core]), np.median(values[surroundings])
        if inside > around:
            yield (level_at(true, values, inside, around), level_at(same, values, inside, around),
                   same.sum() / true.sum())


def main(images, found, truth, every="1"):
    rows = []
    for path in sorted(pathlib.Path(truth).iterdir())[:: int(every)]:
        name = path.name.replace("man_seg", "t")
        grey = tifffile.imread(pathlib.Path(images) / name).astype(float)
        rows += levels_of(grey if grey.ndim == 2 else grey.mean(-1), tifffile.imread(path).astype(int),
                          tifffile.imread(pathlib.Path(found) / name).astype(int))
    true, same, area = np.median(rows, axis=0)
    print(f"{len(rows)} objects; medians: level at the true border {true:.2f}, at the found one {same:.2f}, "
          f"found area / true area {area:.2f}")


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
