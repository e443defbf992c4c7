"""What users give, as the native module takes it: images and label maps, in files or in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from priorseg import _native

if TYPE_CHECKING:
    from priorseg._progress import Listener

AnyArray: TypeAlias = npt.ArrayLike
Path: TypeAlias = "str | os.PathLike[str]"
Image: TypeAlias = "Path | AnyArray"
Images: TypeAlias = "Image | Iterable[Image]"

_INT32_MAX = np.iinfo(np.int32).max


def is_path(value: object) -> bool:
    return isinstance(value, (str, os.PathLike))


def image_input(image: object, name: str) -> _native.ImageInput:
    """An image in a file or in memory. Memory of float32 is shared, other types are converted."""
    if is_path(image):
        return _native.ImageInput(os.fspath(image))  # type: ignore[call-overload]
    pixels, quantum = channels_first(image, name)
    return _native.ImageInput.of_array(pixels, quantum, name)


def channels_first(image: object, name: str) -> tuple[npt.NDArray[np.float32], float]:
    """Grey values [C,H,W] and their smallest step: 1 for integers, 0 for floating point."""
    values = np.asarray(image)
    if values.dtype.kind not in "uif":
        raise ValueError(f"{name} is of type {values.dtype}, expected whole or floating-point numbers")
    if values.ndim == 3 and values.shape[2] in (1, 3):
        values = np.moveaxis(values, 2, 0)
    elif values.ndim == 2:
        values = values[np.newaxis]
    else:
        raise ValueError(f"{name} has shape {_shown(values.shape)}, expected [H,W] or [H,W,3]{_advice(values)}")
    if values.size == 0:
        raise ValueError(f"{name} has shape {_shown(values.shape[1:])}, expected at least one pixel")
    quantum = 0.0 if values.dtype.kind == "f" else 1.0
    pixels = _strided(values.astype(np.float32, copy=False))
    # A sum in float64 is finite if and only if all float32 in it are, and needs no memory.
    if quantum == 0 and not np.isfinite(pixels.sum(dtype=np.float64)):
        bad = int(pixels.size - np.isfinite(pixels).sum())
        raise ValueError(f"{name} holds {bad} values that are NaN or infinite, expected finite grey values")
    return pixels, quantum


def _shown(shape: tuple[int, ...]) -> str:
    return "[" + ",".join(str(length) for length in shape) + "]"


def _advice(values: npt.NDArray[Any]) -> str:
    if values.ndim == 3 and values.shape[2] == 4:
        return "; leave the transparency out with image[..., :3]"
    if values.ndim == 3 and values.shape[2] == 2:
        return "; choose one channel, e.g. image[..., 0]"
    if values.ndim == 3 and values.shape[0] in (1, 3):
        return "; colours come last: numpy.moveaxis(image, 0, 2)"
    if values.ndim >= 3:
        return "; give the planes of a stack one by one"
    return ""


def _strided(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same memory where its steps are forward, aligned and in the machine's byte order."""
    forward = all(step >= 0 and step % pixels.itemsize == 0 for step in pixels.strides)
    return pixels if forward and pixels.flags.aligned else np.ascontiguousarray(pixels)


def label_array(labels: object, name: str) -> npt.NDArray[np.int32]:
    """A label map [H,W] int32."""
    values = np.asarray(labels)
    if values.dtype.kind == "f" and values.size and np.array_equal(values, np.floor(values)):
        values = values.astype(np.int64)
    if values.dtype.kind not in "uib":
        raise ValueError(f"{name} is of type {values.dtype}, expected whole numbers: 0 = background, one an object")
    if values.ndim != 2:
        raise ValueError(f"{name} has shape {_shown(values.shape)}, expected [H,W]")
    if values.size == 0:
        raise ValueError(f"{name} has shape {_shown(values.shape)}, expected at least one pixel")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > _INT32_MAX:
        found = low if low < 0 else high
        raise ValueError(f"{name} holds the label {found}, expected 0 to {_INT32_MAX}")
    return np.ascontiguousarray(values, dtype=np.int32)


def label_map_input(labels: object, name: str) -> _native.LabelMapInput:
    if is_path(labels):
        return _native.LabelMapInput(os.fspath(labels))  # type: ignore[call-overload]
    return _native.LabelMapInput.of_array(label_array(labels, name), name)


def image_inputs(images: object, listener: Listener) -> list[_native.ImageInput]:
    """All images that a user means: files, folders, arrays, or anything iterable of them."""
    inputs: list[_native.ImageInput] = []
    for position, image in enumerate(_single_or_many(images)):
        if is_path(image):
            inputs += [_native.ImageInput(file) for file in list_images([image], listener)]
        else:
            inputs.append(image_input(image, f"image {position}"))
    if not inputs:
        raise ValueError("there is no image, expected at least one")
    return inputs


def label_map_inputs(label_maps: object, listener: Listener) -> list[_native.LabelMapInput]:
    """All label maps that a user means, likewise."""
    inputs: list[_native.LabelMapInput] = []
    for position, labels in enumerate(_single_or_many(label_maps)):
        if is_path(labels):
            files = _native.list_label_maps([os.fspath(labels)], listener.message)  # type: ignore[call-overload]
            inputs += [_native.LabelMapInput(file) for file in files]
        else:
            inputs.append(label_map_input(labels, f"label map {position}"))
    if not inputs:
        raise ValueError("there is no label map, expected at least one")
    return inputs


def annotated_inputs(annotated: Iterable[tuple[object, object]]) -> list[_native.AnnotatedInput]:
    """Pairs of an image and its label map."""
    inputs = []
    for position, pair in enumerate(annotated):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"annotated image {position} is no pair, expected (image, label map)")
        image, labels = pair
        name = os.path.basename(os.fspath(image)) if is_path(image) else f"annotated image {position}"  # type: ignore[call-overload]
        inputs.append(
            _native.AnnotatedInput(name, image_input(image, name), label_map_input(labels, f"label map of {name}"))
        )
    return inputs


def list_images(paths: Iterable[object], listener: Listener) -> list[Any]:
    """The image files that files and folders stand for."""
    return _native.list_images([os.fspath(path) for path in paths], listener.message)  # type: ignore[call-overload]


def _single_or_many(given: object) -> Iterable[object]:
    if is_path(given):
        return [given]
    if isinstance(given, np.ndarray) or not isinstance(given, Iterable):
        array = np.asarray(given)
        is_one = array.ndim <= 2 or (array.ndim == 3 and array.shape[2] in (1, 3))
        return [array] if is_one else list(array)
    return given
