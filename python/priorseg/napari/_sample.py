"""Simulated images as sample data of napari."""

from __future__ import annotations

from typing import Any

import numpy as np

from priorseg._evaluation import simulate

LayerData = tuple[Any, dict[str, Any], str]


def nuclei() -> list[LayerData]:
    """One image with its truth, which is hidden at first."""
    image, truth = simulate(1, size=(18, 40))[0]
    return [(image, {"name": "nuclei"}, "image"), (truth, {"name": "truth", "visible": False}, "labels")]


def film() -> list[LayerData]:
    """Four images [T,H,W], as if they were frames."""
    images = [image for image, _ in simulate(4, size=(18, 40), height=256, width=320)]
    return [(np.stack(images), {"name": "film", "axis_labels": ("t", "y", "x")}, "image")]
