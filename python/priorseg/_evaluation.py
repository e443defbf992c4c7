"""Comparing label maps with true ones, and simulated images to compare with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from priorseg import _native
from priorseg._arrays import AnyArray, Path, is_path, label_array
from priorseg._progress import Listener, ProgressListener
from priorseg._settings import as_json, nested


def evaluate(
    predicted: Path | AnyArray | Iterable[AnyArray],
    truth: Path | AnyArray | Iterable[AnyArray],
    *,
    field_of_interest: int = 0,
    split: bool = False,
    progress: bool | ProgressListener = False,
) -> dict[str, Any]:
    """Compare label maps with true ones.

    Parameters
    ----------
    predicted, truth : path, array, or iterable of arrays
        Two files or two folders, as ``priorseg evaluate`` takes them, or label maps [H,W] in memory, as many of
        one as of the other.
    field_of_interest : int
        Leave out objects that lie wholly within so many pixels of the image border. For files only.
    split : bool
        Each connected part of a label is an object: for masks, where all objects have one number. For files only.
    progress : bool or callable
        See `train`.

    Returns
    -------
    dict
        As ``priorseg evaluate --json`` writes them: AP, F1 and PQ at several IoU, mAP, SEG, AJI and others,
        averaged over images, pooled, and of each image. None where a figure is not defined.

    Raises
    ------
    ValueError
        Where label maps in memory are not of equal number, shape or type.
    Error
        Where files do not belong together.
    """
    if is_path(predicted) != is_path(truth):
        raise ValueError("found a path and label maps in memory, expected both of one kind")
    if is_path(predicted):
        with Listener(progress) as listener:
            text = _native.score_files(
                os.fspath(predicted),  # type: ignore[arg-type]
                os.fspath(truth),  # type: ignore[arg-type]
                field_of_interest,
                split,
                listener.progress,
                listener.message,
            )
    else:
        if field_of_interest != 0 or split:
            raise ValueError("field_of_interest and split are for files, expected neither with label maps in memory")
        text = _native.score_arrays(_pairs(predicted, truth))
    figures: dict[str, Any] = json.loads(text)
    return figures


def _pairs(predicted: object, truth: object) -> list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]:
    ours, true = _label_maps(predicted, "predicted"), _label_maps(truth, "truth")
    if len(ours) != len(true):
        raise ValueError(f"found {len(ours)} predicted and {len(true)} true label maps, expected as many of each")
    for position, (one, other) in enumerate(zip(ours, true)):
        if one.shape != other.shape:
            raise ValueError(
                f"label map {position} has shape {list(one.shape)} and its truth {list(other.shape)}, "
                "expected the same"
            )
    return list(zip(ours, true))


def _label_maps(given: object, name: str) -> list[npt.NDArray[np.int32]]:
    is_array = isinstance(given, np.ndarray) or hasattr(given, "__array__")
    if is_array and np.asarray(given).ndim == 2:
        given = [given]
    if not isinstance(given, Iterable):
        raise ValueError(f"found {type(given).__name__}, expected {name} label maps")
    maps = [label_array(labels, f"{name} label map {i}") for i, labels in enumerate(given)]
    if not maps:
        raise ValueError(f"there is no {name} label map, expected at least one")
    return maps


def simulate(
    count: int = 1, *, preset: str = "nuclei", size: tuple[float, float] | None = None, seed: int = 1, **changes: Any
) -> list[tuple[npt.NDArray[np.uint16] | npt.NDArray[np.uint8], npt.NDArray[np.int32]]]:
    """Make microscopy images with their true label maps: to try things, and to test with.

    Parameters
    ----------
    count : int
        How many images.
    preset : {"nuclei", "phase", "mixed", "hl60", "empty", "flat", "black"}
        What they show, see ``priorseg simulate --help``.
    size : (float, float), optional
        Longest diameter of the smallest and the largest object in pixels.
    seed : int
        The same seed and settings make the same images.
    **changes
        Settings of the simulator that differ from the preset's, e.g. ``height=256, width=256, touching=0.8``.

    Returns
    -------
    list of (image, labels)
        Images [H,W] uint16, or uint8 where ``bit_depth`` is 8; label maps [H,W] int32.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    if size is not None:
        changes["min_size"], changes["max_size"] = size
    options = _native.resolve_simulator(preset, as_json(nested(changes)))
    dtype = np.uint8 if json.loads(options)["bit_depth"] == 8 else np.uint16
    images = []
    for index in range(count):
        image, labels = _native.simulate_image(options, seed, index)
        images.append((image.astype(dtype), labels))
    return images
