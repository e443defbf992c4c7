"""What may be given as an image or a label map, and what is said about anything else."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from priorseg._arrays import channels_first

import priorseg


def test_float32_shares_its_memory() -> None:
    image = np.zeros((8, 9), np.float32)
    pixels, quantum = channels_first(image, "the image")
    assert np.shares_memory(pixels, image)
    assert (pixels.shape, quantum) == ((1, 8, 9), 0)


def test_colours_of_float32_share_their_memory() -> None:
    image = np.zeros((8, 9, 3), np.float32)
    pixels, _ = channels_first(image, "the image")
    assert np.shares_memory(pixels, image)
    assert pixels.shape == (3, 8, 9)


def test_segmenting_float32_copies_no_image(model: priorseg.Model) -> None:
    """Memory of numpy is counted; the library's own is that of any image."""
    image = np.random.default_rng(1).normal(100, 5, (1024, 1024)).astype(np.float32)
    model.segment(image)
    tracemalloc.start()
    model.segment(image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < image.nbytes / 2


def test_integers_are_converted_once(model: priorseg.Model) -> None:
    image = np.random.default_rng(1).integers(0, 200, (1024, 1024)).astype(np.uint8)
    tracemalloc.start()
    model.segment(image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    as_float = image.size * 4
    assert as_float <= peak < 1.5 * as_float


def test_an_image_is_never_written_to(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    image = images[0].astype(np.float32)
    image.setflags(write=False)
    before = image.copy()
    model.segment(image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint32, np.float64])
def test_every_number_type_gives_the_same_objects(
    model: priorseg.Model, images: list[npt.NDArray[Any]], dtype: type
) -> None:
    image = (images[0] // 16).astype(np.uint8)
    expected = model.segment(image.astype(np.float32) if dtype is np.float64 else image)
    assert np.array_equal(model.segment(image.astype(dtype)).labels, expected.labels)


def test_memory_order_does_not_matter(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    image = images[0].astype(np.float32)
    expected = model.segment(image).labels
    wide = np.zeros((96, 160), np.float32)
    wide[:, ::2] = image
    swapped = image.astype(image.dtype.newbyteorder())
    for same in (np.asfortranarray(image), image[::-1].copy()[::-1], wide[:, ::2], swapped):
        assert np.array_equal(model.segment(same).labels, expected)


def test_equal_channels_are_a_grey_image(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    image = images[0].astype(np.float32)
    expected = model.segment(image).labels
    assert np.array_equal(model.segment(image[:, :, np.newaxis]).labels, expected)
    assert model.segment(np.stack([image] * 3, axis=2)).labels.shape == image.shape


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros(5), r"shape \[5\], expected \[H,W\] or \[H,W,3\]"),
        (np.zeros((3, 20, 20)), "colours come last"),
        (np.zeros((20, 20, 4)), r"image\[\.\.\., :3\]"),
        (np.zeros((20, 20, 2)), "choose one channel"),
        (np.zeros((7, 20, 20)), "planes of a stack one by one"),
        (np.zeros((0, 20)), "at least one pixel"),
        (np.zeros((20, 20), complex), "type complex128"),
        (np.zeros((20, 20), bool), "type bool"),
        (np.full((20, 20), "a"), "expected whole or floating-point numbers"),
        (np.full((20, 20), np.nan), "400 values that are NaN or infinite"),
        (np.full((20, 20), np.inf, np.float32), "NaN or infinite"),
        (None, "type object"),
    ],
)
def test_what_is_no_image_is_told(model: priorseg.Model, image: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.segment(image)


def test_a_path_that_is_no_image_is_told(model: priorseg.Model, tmp_path: Path) -> None:
    (tmp_path / "notes.tif").write_text("no image")
    with pytest.raises(priorseg.Error, match="notes.tif"):
        model.segment(tmp_path / "notes.tif")
    with pytest.raises(priorseg.Error, match="there is no such file"):
        model.segment(tmp_path / "missing.tif")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full((9, 9), -1), "the label -1"),
        (np.full((9, 9), 2**31), "the label 2147483648"),
        (np.full((9, 9), 0.5), "expected whole numbers"),
        (np.zeros((9, 9, 3), int), r"expected \[H,W\]"),
    ],
)
def test_what_is_no_label_map_is_told(labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        priorseg.Prior.learn(labels, progress=False)


def test_no_image_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no image"):
        priorseg.train([])
    with pytest.raises(priorseg.Error, match="no image"):
        priorseg.train(tmp_path)
