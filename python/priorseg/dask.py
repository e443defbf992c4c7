"""Large images on many processes and machines, with Dask.

>>> import priorseg.dask
>>> found = priorseg.dask.segment("slide.zarr", "model.safetensors")
>>> found.labels, found.objects      # computed when they are asked for
>>> priorseg.dask.write(found, "labels.zarr")

It needs dask and zarr: ``pip install 'priorseg[dask]'``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt
import pandas as pd

from priorseg import _native
from priorseg._arrays import Path, is_path
from priorseg._file_bytes import file_bytes, loaded_from
from priorseg._model import Model
from priorseg._settings import as_json, nested

Rows = tuple[int, int]  # first, and one past the last
LEAST_BANDS, LEAST_ROWS = 4, 4096  # of a block: what it sees of each neighbour is up to about a thousand rows
AREA_OF_SMALLEST = 1 / 16  # times the smallest size squared: objects of a block are larger, on the average
COLUMNS_OF_ROWS = ("AreaShape_Center_Y", "Location_Center_Y", "AreaShape_BoundingBoxMinimum_Y",
                   "AreaShape_BoundingBoxMaximum_Y")  # fmt: skip


@dataclass(frozen=True, eq=False)
class LazySegmentation:
    """What is found as soon as it is computed.

    Attributes
    ----------
    labels : dask.array.Array of uint32 or uint64, [H,W]
        0 = background. The objects of block b, from 0, have the labels ``b * step + 1``, ``b * step + 2``, ...: no
        block waits for another one to number its objects.
    objects : dask.delayed.Delayed of pandas.DataFrame
        One row an object, by label: the columns of ``objects.csv``.
    step : int
        Between the first labels of two blocks, a power of ten.
    """

    labels: Any
    objects: Any
    step: int


class _Block(NamedTuple):
    """Whole rows of the image."""

    number: int
    owned: Rows  # the objects whose centre lies here are those of the block
    given: Rows  # where they may have pixels
    read: Rows  # what has to be seen


class _Found(NamedTuple):
    """The objects of a block."""

    labels: npt.NDArray[np.uint32 | np.uint64]  # rows `given`
    objects: pd.DataFrame  # by label, positions in the whole image


class _Task(NamedTuple):
    """What all blocks of an image have in common."""

    height: int
    quantum: float
    figures: list[npt.NDArray[np.float64]]
    band_pixels: int
    bands: int
    step: int
    settings: str
    labels: str  # their type
    threads: int


def segment(
    image: Any,
    model: Model | Path,
    *,
    bands: int | None = None,
    threads: int = 1,
    band_pixels: int | None = None,
    **inference: Any,
) -> LazySegmentation:
    """Segment an image of any size in blocks, on whatever scheduler Dask has.

    The result is that of the program, which goes through a large image in bands of rows: a block is some of these
    bands, and sees as much of its neighbours as its own objects depend on. All blocks share the figures of the whole
    image, which this call measures: it reads the image once. An object belongs to the block that holds its centre,
    so that none is doubled or cut. Each block can be computed again, anywhere, without changing anything.

    Parameters
    ----------
    image : path, zarr array, dask array, or another array with shape, dtype and slices
        [H,W], or [C,H,W] or [H,W,C] of 1 or 3 channels, of any number type. A path is that of a zarr array, or of
        an OME-Zarr image of one plane, which all workers can read.
    model : Model or path
        It is sent to the workers.
    bands : int, optional
        Bands a block. More of them compute less twice, and take more memory. Without it 4, or as many as make 4096
        rows.
    threads : int
        That a block computes with: cores a worker has, divided by the blocks that it works on at the same time.
    band_pixels : int, optional
        Pixels a band; other ones than the program's, 2^24, give results that differ by rounding.
    **inference
        Settings of the group ``detector.inference``, see `Model.segment`.

    Raises
    ------
    ValueError
        Where the array has another shape or type.
    Error
        Where the model or a setting is wrong.
    """
    pixels = _channels_first(_array_of(image))
    known: Model = Model.load(model) if is_path(model) else model  # type: ignore[arg-type, assignment]
    settings = as_json(nested(inference))
    channels, height, width = (int(length) for length in pixels.shape)
    quantum = 0.0 if pixels.dtype.kind == "f" else 1.0
    band_pixels = int(_native.Model.band_pixels) if band_pixels is None else band_pixels
    if bands is None:
        bands = max(LEAST_BANDS, math.ceil(LEAST_ROWS * width / band_pixels))
    sent = dask.delayed(file_bytes(known), pure=True)
    if height * width <= band_pixels:  # the program looks at such an image as a whole
        blocks = [_Block(0, (0, height), (0, height), (0, height))]
        figures: list[npt.NDArray[np.float64]] = []
    else:
        figures = known._native.measure(
            lambda first, last: _float_rows(pixels[:, first:last].compute()), channels, height, width, quantum, settings
        )
        parts = known._native.parts_of(channels, height, width, quantum, figures, band_pixels, bands, settings)
        blocks = [_Block(number, *rows) for number, rows in enumerate(parts)]
    step = _step(known, min(height * width, bands * band_pixels))
    dtype = np.uint32 if step * len(blocks) <= np.iinfo(np.uint32).max else np.uint64
    task = _Task(height, quantum, figures, band_pixels, bands, step, settings, np.dtype(dtype).name, threads)
    shared = dask.delayed(task, pure=True)
    find = dask.delayed(_find)
    found = [find(pixels[:, slice(*block.read)], block, shared, sent) for block in blocks]
    merge = dask.delayed(_merged)
    labels = []
    for block in blocks:
        pieces = [
            dask.delayed(_rows_of)(found[other.number], other, block.owned)
            for other in blocks
            if other.given[0] < block.owned[1] and other.given[1] > block.owned[0]
        ]
        rows = block.owned[1] - block.owned[0]
        labels.append(da.from_delayed(merge(pieces, (rows, width), task.labels), (rows, width), dtype))
    objects = dask.delayed(_table)([dask.delayed(_objects_of)(each) for each in found])
    return LazySegmentation(da.concatenate(labels), objects, step)


def write(found: LazySegmentation, store: Path, *, chunks: tuple[int, int] = (1024, 1024)) -> pd.DataFrame:
    """Compute, and write labels and table.

    The labels are OME-Zarr 0.4, group ``labels/objects``, of one level; the table is ``objects.csv`` in that group.

    Parameters
    ----------
    found : LazySegmentation
    store : path
        Folder that all workers can write: a new one, or an OME-Zarr image without such labels.
    chunks : (int, int)
        Rows and columns of a chunk.

    Returns
    -------
    pandas.DataFrame
        The table.

    Raises
    ------
    Error
        Where the store holds such labels.
    """
    import zarr

    place = os.fspath(store)
    if os.path.exists(os.path.join(place, "labels", "objects")):
        raise _native.Error(f"{place} holds labels/objects already, expected a store without: give another folder")
    root = zarr.open_group(place, mode="a", zarr_format=2)
    group = root.require_group("labels").require_group("objects")
    array = group.create_array(
        "0", shape=found.labels.shape, chunks=chunks, dtype=found.labels.dtype,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )  # fmt: skip
    # Every chunk is written by one task.
    height, width = found.labels.shape
    piece = max(chunks[0], max(found.labels.chunks[0]) // chunks[0] * chunks[0])
    whole_chunks = found.labels.rechunk((piece, width))
    _, objects = dask.compute(da.store(whole_chunks, array, lock=False, compute=False), found.objects)
    table: pd.DataFrame = objects
    table.to_csv(os.path.join(place, "labels", "objects", "objects.csv"), index=False)
    group.attrs["multiscales"] = [_multiscale()]
    group.attrs["image-label"] = {"version": "0.4"}
    # Last: who sees it there finds it whole.
    root["labels"].attrs["labels"] = [*root["labels"].attrs.get("labels", []), "objects"]
    return table


def _multiscale() -> dict[str, Any]:
    axes = [{"name": name, "type": "space"} for name in "yx"]
    scale = [{"type": "scale", "scale": [1.0, 1.0]}]
    return {
        "version": "0.4",
        "name": "objects",
        "axes": axes,
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }


def _array_of(image: Any) -> Any:
    """A dask array, lazy."""
    if is_path(image):
        import zarr

        name = os.fspath(image)
        try:
            image = zarr.open(name, mode="r")
        except Exception as error:  # every store has exceptions of its own
            raise _native.Error(f"cannot read {name}: no zarr array or OME-Zarr image: {error}") from error
        if isinstance(image, zarr.Group):
            attributes = dict(image.attrs)
            scales = attributes.get("multiscales") or attributes.get("ome", {}).get("multiscales")
            if not scales:
                raise _native.Error(f"cannot read {name}: the zarr group is no OME-Zarr image; give an array of it")
            image = image[scales[0]["datasets"][0]["path"]]
    if isinstance(image, da.Array):
        return image
    if type(image).__module__.startswith("zarr"):
        return da.from_zarr(image)
    return da.from_array(image)


def _channels_first(array: Any) -> Any:
    """[C,H,W]; axes of length 1 before the picture are left out."""
    shape = tuple(array.shape)
    if array.dtype.kind not in "uif":
        raise ValueError(f"the image is of type {array.dtype}, expected whole or floating-point numbers")
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 4 and array.shape[1] == 1:  # [C,Z,H,W]
        array = array[:, 0]
    if array.ndim == 2:
        array = array[np.newaxis]
    elif array.ndim == 3 and array.shape[0] not in (1, 3) and array.shape[2] in (1, 3):
        array = da.moveaxis(array, 2, 0)
    if array.ndim != 3 or array.shape[0] not in (1, 3) or 0 in array.shape:
        raise ValueError(f"the image has shape {list(shape)}, expected [H,W], [C,H,W] or [H,W,C] of 1 or 3 channels")
    return array


def _float_rows(rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(rows, dtype=np.float32)


def _step(model: Model, pixels: int) -> int:
    smallest = max(1.0, model.size[0] ** 2 * AREA_OF_SMALLEST)
    step: int = 10 ** math.ceil(math.log10(max(10.0, pixels / smallest)))
    return step


@lru_cache(maxsize=2)
def _model_of(content: bytes) -> Model:
    """A worker loads a model once."""
    model: Model = loaded_from(Model.load, content)
    return model


def _seen(pixels: npt.NDArray[Any], block: _Block, task: _Task, model: Model) -> tuple[npt.NDArray[np.int32], Any]:
    """Label map of the rows that are given, and columns of the table; of neighbours' objects too."""
    rows = _float_rows(pixels)
    threads = _native.num_threads()
    _native.set_num_threads(task.threads)
    try:
        if not task.figures:
            image = _native.ImageInput.of_array(rows, task.quantum, "the image")
            return model._native.segment(image, task.settings)[:2]
        return model._native.segment_part(
            rows, task.height, task.quantum, task.figures, task.band_pixels, task.bands, block.number, task.settings
        )
    finally:
        _native.set_num_threads(threads)


def _find(pixels: npt.NDArray[Any], block: _Block, task: _Task, content: bytes) -> _Found:
    """The objects of a block, numbered from the top as they come."""
    labels, columns = _seen(pixels, block, task, _model_of(content))
    objects = pd.DataFrame(columns)
    for column in COLUMNS_OF_ROWS:
        objects[column] += block.given[0]
    centres = objects["AreaShape_Center_Y"] + 0.5  # in rows from the top edge of the image
    is_own = ((centres >= block.owned[0]) & (centres < block.owned[1])).to_numpy()
    if int(is_own.sum()) > task.step:
        raise _native.Error(
            f"block {block.number} has {is_own.sum()} objects, expected at most {task.step}: give fewer bands"
        )
    first = block.number * task.step
    renamed = np.zeros(len(objects) + 1, np.dtype(task.labels))
    renamed[1:][is_own] = np.arange(first + 1, first + 1 + int(is_own.sum()), dtype=renamed.dtype)
    own = objects[is_own].reset_index(drop=True)
    own["label"] = renamed[own["label"].to_numpy()]
    return _Found(renamed[labels], own)


def _rows_of(found: _Found, block: _Block, rows: Rows) -> tuple[int, npt.NDArray[Any]]:
    """What the objects of a block have in `rows` of the image: the first of them, from `rows` on, and the labels."""
    first, last = max(rows[0], block.given[0]), min(rows[1], block.given[1])
    piece = found.labels[first - block.given[0] : last - block.given[0]]
    if rows != block.owned:
        used = np.flatnonzero(piece.any(axis=1))  # mostly a few rows at the border: little to send
        begin, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
        piece, first = piece[begin:end].copy(), first + begin
    return first - rows[0], piece


def _merged(pieces: Sequence[tuple[int, npt.NDArray[Any]]], shape: tuple[int, int], dtype: str) -> npt.NDArray[Any]:
    """Where objects of two blocks share a pixel, that of the upper block has it."""
    labels = np.zeros(shape, np.dtype(dtype))
    for first, piece in pieces:
        rows = labels[first : first + len(piece)]
        np.copyto(rows, piece, where=rows == 0)
    return labels


def _objects_of(found: _Found) -> pd.DataFrame:
    return found.objects


def _table(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)
