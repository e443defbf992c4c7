#!/usr/bin/env python3
"""Fits the quality of an outline to labelled images of many kinds.

usage: fit_quality.py NAME=SIGNS.csv NAME=SIGNS.csv ...
SIGNS.csv is what outline_signs prints for one data set. Needs python3-numpy.

The quality is the probability that the IoU of an outline with a true object is above 0.7: a logistic function of five
signs. Data sets count alike, however many objects they have. The first table is of fits that did not see the data set
of their row; the second one and the coefficients, for outline_quality.cpp, are of all together.
"""
import csv
import sys

import numpy as np
from score_trust import GOOD_IOU, auroc

SIGNS = ["score", "fill", "agreement", "unevenness", "sharpness"]
OBJECTS_A_SET = 700  # of which it weighs; what a set has more counts less
RIDGE = 5.0  # on coefficients of signs that are scaled to one standard deviation
SURE = 0.8


def read_signs(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[sign]) for sign in SIGNS] for row in rows]), np.array([float(row["iou"]) for row in rows]) > GOOD_IOU


def fit(sets):
    """Coefficients of the signs and, last, the constant: Newton's method on the likelihood with a ridge."""
    signs = np.concatenate([s for s, _ in sets])
    good = np.concatenate([g for _, g in sets]).astype(float)
    weights = np.concatenate([np.full(len(g), OBJECTS_A_SET / len(g)) for _, g in sets])
    middle, spread = np.average(signs, axis=0, weights=weights), signs.std(0)
    scaled = np.c_[(signs - middle) / spread, np.ones(len(signs))]
    ridge = np.diag([RIDGE] * len(SIGNS) + [0])
    found = np.zeros(len(SIGNS) + 1)
    for _ in range(20):
        likely = 1 / (1 + np.exp(-scaled @ found))
        curve = scaled.T @ (scaled * (weights * likely * (1 - likely))[:, None]) + ridge
        found += np.linalg.solve(curve, scaled.T @ (weights * (good - likely)) - ridge @ found)
    slopes = found[:-1] / spread
    return np.r_[slopes, found[-1] - slopes @ middle]


def quality(coefficients, signs):
    return 1 / (1 + np.exp(-(signs @ coefficients[:-1] + coefficients[-1])))


def row(name, found, signs, good):
    sure = found >= SURE
    of_sure = f"{good[sure].mean():.2f}" if sure.any() else "-"
    return (f"| {name} | {len(good)} | {good.mean():.2f} | {found.mean():.2f} | {auroc(signs[:, 0], good):.3f} "
            f"| {auroc(found, good):.3f} | {sure.mean():.2f} | {of_sure} |")


HEAD = (f"| data | outlines | good | mean quality | AUROC of the score | of the quality | share of quality >= {SURE} "
        "| of those good |\n|---|---|---|---|---|---|---|---|")


def main(arguments):
    sets = {name: read_signs(path) for name, path in (argument.split("=", 1) for argument in arguments)}
    print("Fitted to the others:\n\n" + HEAD)
    for name, (signs, good) in sets.items():
        others = fit([s for other, s in sets.items() if other != name])
        print(row(name, quality(others, signs), signs, good))
    coefficients = fit(list(sets.values()))
    print("\nFitted to all:\n\n" + HEAD)
    for name, (signs, good) in sets.items():
        print(row(name, quality(coefficients, signs), signs, good))
    print("\n" + ", ".join(f"{sign} {value:.3f}" for sign, value in zip([*SIGNS, "constant"], coefficients)))


if __name__ == "__main__":
    if len(sys.argv) < 3 or any("=" not in argument for argument in sys.argv[1:]):
        sys.exit(__doc__)
    main(sys.argv[1:])
