#!/usr/bin/env python3
"""Fits the quality of an outline to labelled images of many kinds.

usage: fit_quality.py NAME=SIGNS.csv NAME=SIGNS.csv ...
SIGNS.csv is what outline_signs prints for one data set. Needs python3-numpy.

The quality is the probability that the IoU of an outline with a true object is above 0.7: a logistic function of five
signs. The chance of a match is the probability that it is above 0.5: one of the quality in the table (its logit) and of
the logarithm of the size. Data sets count alike, however many objects they have. The first table of each is of fits that
did not see the data set of their row; the second one and the coefficients, for outline_quality.cpp, are of all together.
"""
import csv
import sys

import numpy as np
from score_trust import GOOD_IOU, auroc

MATCH_IOU = 0.5
SIGNS = ["score", "fill", "agreement", "unevenness", "sharpness"]
OBJECTS_A_SET = 700  # of which it weighs; what a set has more counts less
RIDGE = 5.0  # on coefficients of signs that are scaled to one standard deviation
SURE = 0.8


def read_table(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name not in ("image", "label")}


def signs_of_quality(table):
    return np.stack([table[sign] for sign in SIGNS], 1), table["iou"] > GOOD_IOU


def signs_of_match(table):
    quality = table["quality"].clip(1e-6, 1 - 1e-6)
    return np.stack([np.log(quality / (1 - quality)), np.log(table["relative_size"])], 1), table["iou"] > MATCH_IOU


def fit(sets):
    """Coefficients of the signs and, last, the constant: Newton's method on the likelihood with a ridge."""
    signs = np.concatenate([s for s, _ in sets])
    good = np.concatenate([g for _, g in sets]).astype(float)
    weights = np.concatenate([np.full(len(g), OBJECTS_A_SET / len(g)) for _, g in sets])
    middle, spread = np.average(signs, axis=0, weights=weights), signs.std(0)
    scaled = np.c_[(signs - middle) / spread, np.ones(len(signs))]
    ridge = np.diag([RIDGE] * signs.shape[1] + [0])
    found = np.zeros(signs.shape[1] + 1)
    for _ in range(20):
        likely = 1 / (1 + np.exp(-scaled @ found))
        curve = scaled.T @ (scaled * (weights * likely * (1 - likely))[:, None]) + ridge
        found += np.linalg.solve(curve, scaled.T @ (weights * (good - likely)) - ridge @ found)
    slopes = found[:-1] / spread
    return np.r_[slopes, found[-1] - slopes @ middle]


def probability(coefficients, signs):
    return 1 / (1 + np.exp(-(signs @ coefficients[:-1] + coefficients[-1])))


def row(name, found, signs, good):
    sure = found >= SURE
    of_sure = f"{good[sure].mean():.2f}" if sure.any() else "-"
    return (f"| {name} | {len(good)} | {good.mean():.2f} | {found.mean():.2f} | {auroc(signs[:, 0], good):.3f} "
            f"| {auroc(found, good):.3f} | {sure.mean():.2f} | {of_sure} |")


def tell(what, names, sets):
    head = (f"| data | outlines | good | mean {what} | AUROC of the {names[0]} | of the {what} "
            f"| share of {what} >= {SURE} | of those good |\n|---|---|---|---|---|---|---|---|")
    print(f"{what}, fitted to the others:\n\n" + head)
    for name, (signs, good) in sets.items():
        others = fit([s for other, s in sets.items() if other != name])
        print(row(name, probability(others, signs), signs, good))
    coefficients = fit(list(sets.values()))
    print(f"\n{what}, fitted to all:\n\n" + head)
    for name, (signs, good) in sets.items():
        print(row(name, probability(coefficients, signs), signs, good))
    print("\n" + ", ".join(f"{name} {value:.3f}" for name, value in zip([*names, "constant"], coefficients)) + "\n")


def main(arguments):
    tables = {name: read_table(path) for name, path in (argument.split("=", 1) for argument in arguments)}
    tell("quality", SIGNS, {name: signs_of_quality(table) for name, table in tables.items()})
    tell("chance of a match", ["quality", "size"], {name: signs_of_match(table) for name, table in tables.items()})


if __name__ == "__main__":
    if len(sys.argv) < 3 or any("=" not in argument for argument in sys.argv[1:]):
        sys.exit(__doc__)
    main(sys.argv[1:])
