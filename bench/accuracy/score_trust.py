#!/usr/bin/env python3
"""Tells how well the score of an object says whether its outline is good.

usage: score_trust.py FOUND TRUTH [FIELD_OF_INTEREST]
FOUND is an output folder of priorseg (labels/ and objects.csv), TRUTH a folder of label maps; man_seg000.tif is the truth
of t000. Objects found that lie wholly within FIELD_OF_INTEREST px of the image border do not count (default 0). Needs
python3-numpy and python3-tifffile.

An outline is good where its IoU with a true object is above 0.7. Printed is the AUROC: how often a good outline has a
higher score than one that is not, ties counting half. 0.5 = the score says nothing, 1 = it says all.
"""
import csv
import pathlib
import sys

import numpy as np
import tifffile

GOOD_IOU = 0.7


def scores_of(table):
    scores = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            scores[row["image"], int(row["label"])] = float(row["score"])
    return scores


def best_ious(found, truth):
    """The greatest IoU of every found label with a true object, the entry of label 0 means nothing."""
    columns = int(truth.max()) + 1
    pairs = found.astype(np.int64) * columns + truth
    shared = np.bincount(pairs.ravel(), minlength=(int(found.max()) + 1) * columns).reshape(-1, columns)
    union = shared.sum(1, keepdims=True) + shared.sum(0, keepdims=True) - shared
    iou = shared / np.maximum(union, 1)
    iou[:, 0] = 0
    return iou.max(1)


def auroc(scores, good):
    """From the ranks (Mann-Whitney); tied scores share their mean rank."""
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    num_good, num_bad = good.sum(), (~good).sum()
    return (ranks[good].sum() - num_good * (num_good + 1) / 2) / (num_good * num_bad)


def main(found, truth, border="0"):
    found, border = pathlib.Path(found), int(border)
    scores = scores_of(found / "objects.csv")
    ranked, good = [], []
    for path in sorted(pathlib.Path(truth).iterdir()):
        stem = path.stem.replace("man_seg", "t")
        labels = tifffile.imread(found / "labels" / (stem + ".tif"))
        ious = best_ious(labels, tifffile.imread(path).astype(np.int64))
        inner = labels[border:labels.shape[0] - border, border:labels.shape[1] - border]
        for label in np.unique(inner[inner > 0]):
            ranked.append(scores[stem, label])
            good.append(ious[label] > GOOD_IOU)
    good = np.array(good)
    print(f"{len(good)} objects, {100 * good.mean():.1f} % of them good, AUROC {auroc(np.array(ranked), good):.3f}")


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
