"""The pictures of a layer of napari: its planes one by one, as priorseg takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari.layers import Image, Shapes

Place = tuple[int, ...]  # of a picture in the axes before the last two


def pixels_of(layer: Image) -> Any:
    """The full picture of a layer, lazy where the layer is."""
    return layer.data[0] if layer.multiscale else layer.data


def shape_of(layer: Image) -> tuple[int, ...]:
    """Of the label map that belongs to it: without colours."""
    shape = tuple(int(length) for length in pixels_of(layer).shape)
    return shape[:-1] if layer.rgb else shape


def places(layer: Image) -> list[Place]:
    return list(np.ndindex(*shape_of(layer)[:-2]))


def place_shown(layer: Image, step: tuple[int, ...]) -> Place:
    """The picture of the layer at a step of the viewer's sliders, whose last axes are the layer's."""
    leading = len(shape_of(layer)) - 2
    before = len(step) - 2 - leading
    shown = step[max(0, before) : len(step) - 2]
    return tuple(min(int(at), length - 1) for at, length in zip(shown, shape_of(layer)))


def picture(layer: Image, place: Place) -> npt.NDArray[Any]:
    """One picture, [H,W] or [H,W,3], of a type that priorseg takes."""
    values = np.asarray(pixels_of(layer)[place])
    if layer.rgb:
        values = values[..., :3]
    return values.astype(np.uint8) if values.dtype.kind == "b" else values


def evenly_spread(layer: Image, most: int) -> Iterator[npt.NDArray[Any]]:
    """Pictures to learn from, at most so many."""
    everywhere = places(layer)
    count = min(most, len(everywhere))
    for number in range(count):
        yield picture(layer, everywhere[number * len(everywhere) // count])


def sizes_drawn(shapes: Shapes, layer: Image) -> tuple[float, float] | None:
    """Smallest and largest sqrt(height * width) of what is drawn, in pixels of the layer; nothing without shapes.

    A single one stands for a typical object: from two thirds of it to one and a half times it.
    """
    scale = np.asarray(shapes.scale)[-2:] / np.asarray(layer.scale)[-2:]
    sides = [np.ptp(np.asarray(corners)[:, -2:], axis=0) * scale for corners in shapes.data]
    sizes = sorted(float(np.sqrt(height * width)) for height, width in sides if height * width > 0)
    if not sizes:
        return None
    if len(sizes) == 1:
        return sizes[0] / 1.5, sizes[0] * 1.5
    return sizes[0], sizes[-1]
