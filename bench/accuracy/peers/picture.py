"""Draws mAP over the number of annotated images: picture.py FIGURES.json PICTURE.svg. Needs matplotlib.

The picture takes dark ink on a light page and light ink on a dark one. Hollow marks are of trainings that had not
converged.
"""
import io
import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot
from matplotlib.ticker import FixedLocator, NullLocator

from table import NAMES, crossing, short

INK = "#010203"  # stands for the ink of the page until the picture is written
STYLE = "<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"
LINE = 11  # points between the values of marks that lie side by side
COLOURS = {"stardist": "#d55e00", "cellpose": "#009e73", "mask_rcnn": "#8c6bb1", "label_free": "#3b8fd6"}


def curves_of(figures):
    """[(key, name, {annotated: mAP}, {annotated that had converged})]"""
    curves = []
    for peer, name in NAMES.items():
        rows = [row for row in figures["rows"] if row["peer"] == peer]
        if rows:
            curves.append((peer, name, {row["annotated"]: row["mAP"] for row in rows},
                           {row["annotated"] for row in rows if row["is_flat"]}))
    known = {int(number): value for number, value in figures["mask_rcnn"].items()}
    return [*curves, ("mask_rcnn", "Mask R-CNN from scratch", known, set(known))]


def draw_curve(axes, key, name, points, converged, line):
    numbers = sorted(points)
    axes.plot(numbers, [points[n] for n in numbers], color=COLOURS[key], linewidth=2,
              label=f"{name} {crossing(points, line)}")
    for number in numbers:
        axes.plot(number, points[number], "o", color=COLOURS[key], markersize=7, markeredgewidth=2,
                  markerfacecolor=COLOURS[key] if number in converged else "none")


def write_values(figure, axes, curves):
    """Each value right of its mark and a little below it, moved up where it would be written over the one below."""
    figure.draw_without_rendering()
    points_a_pixel = 72 / figure.dpi
    for number in {number for _, _, points, _ in curves for number in points}:
        lowest = -float("inf")
        for value, key in sorted((points[number], key) for key, _, points, _ in curves if number in points):
            height = axes.transData.transform((number, value))[1] * points_a_pixel
            lowest = max(height, lowest + LINE)
            axes.annotate(short(value), (number, value), textcoords="offset points", color=COLOURS[key], va="center",
                          xytext=(8, lowest - height - 7), fontsize=9, fontweight="bold")


def drawing_of(figures):
    line, curves = figures["label_free"], curves_of(figures)
    numbers = sorted({number for _, _, points, _ in curves for number in points})
    figure, axes = pyplot.subplots(figsize=(7.2, 4.6), layout="constrained")
    axes.axhline(line, color=COLOURS["label_free"], linewidth=2, linestyle="--",
                 label=f"priorseg without any annotation: {short(line)}")
    for curve in curves:
        draw_curve(axes, *curve, line)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(numbers))
    axes.xaxis.set_major_formatter(lambda number, _: f"{number:.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("annotated images")
    axes.set_ylabel("mAP (IoU .3 to .9), BBBC039")
    axes.margins(0.1, 0.15)
    axes.grid(alpha=0.2, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", frameon=False, fontsize=9)
    if any(set(points) - converged for _, _, points, converged in curves):
        axes.set_title("hollow: training had not converged", fontsize=9, loc="left")
    write_values(figure, axes, curves)
    return figure


def svg_of(figures):
    """The picture as text."""
    ink = dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK)
    with matplotlib.rc_context({**ink, "svg.fonttype": "none", "svg.hashsalt": "peers", "font.family": "sans-serif",
                                "font.size": 10}):
        figure, written = drawing_of(figures), io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    head, defs, rest = written.getvalue().partition("<defs>")
    return head + STYLE + defs + rest.replace(INK, "currentColor")


def main():
    figures = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    partial = pathlib.Path(sys.argv[2] + ".part")
    partial.write_text(svg_of(figures), encoding="utf-8")
    partial.replace(sys.argv[2])


if __name__ == "__main__":
    main()
