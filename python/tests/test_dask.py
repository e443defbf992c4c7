"""Large images in blocks with Dask: the result of the program, whoever computes which block."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile

import priorseg

dask = pytest.importorskip("dask", reason="blocks with Dask are not tested without dask")
zarr = pytest.importorskip("zarr", reason="blocks with Dask are not tested without zarr")
distributed = pytest.importorskip("distributed", reason="blocks with Dask are not tested without distributed")
import dask.array  # noqa: E402

import priorseg.dask  # noqa: E402
from conftest import SIZE  # noqa: E402

BAND_PIXELS = 300 * 200


@pytest.fixture(scope="module")
def tall() -> npt.NDArray[Any]:
    return priorseg.simulate(1, size=SIZE, height=1400, width=300, seed=4)[0][0]


def computed(found: priorseg.dask.LazySegmentation) -> tuple[npt.NDArray[Any], pd.DataFrame]:
    with dask.config.set(scheduler="synchronous"):
        labels, objects = dask.compute(found.labels, found.objects)
    return labels, objects


def assert_same_objects(labels: npt.NDArray[Any], other: npt.NDArray[Any]) -> None:
    """The same pixels, whatever the numbers."""
    pairs = np.unique(np.stack([labels.ravel().astype(np.int64), other.ravel().astype(np.int64)], axis=1), axis=0)
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(other))
    assert tuple(pairs[0]) == (0, 0)


def test_blocks_give_the_objects_of_one_block(model: priorseg.Model, tall: npt.NDArray[Any]) -> None:
    whole, whole_table = computed(priorseg.dask.segment(tall, model, bands=100, band_pixels=BAND_PIXELS))
    assert len(whole_table) > 50
    for bands in (1, 3):
        found = priorseg.dask.segment(tall, model, bands=bands, band_pixels=BAND_PIXELS)
        labels, table = computed(found)
        assert len(found.labels.chunks[0]) == {1: 7, 3: 3}[bands]
        assert_same_objects(labels, whole)
        assert list(table["label"]) == sorted(np.unique(labels[labels > 0]))
        block_of_centre = np.searchsorted(np.cumsum(found.labels.chunks[0]), table["AreaShape_Center_Y"] + 0.5, "right")
        assert np.array_equal(block_of_centre, (table["label"] - 1) // found.step)
        ours, theirs = (
            each.drop(columns="label").sort_values(["AreaShape_Center_Y", "AreaShape_Center_X"], ignore_index=True)
            for each in (table, whole_table)
        )
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-5)


def test_small_images_are_those_of_segment(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    for image in (images[0], np.repeat(images[0][..., np.newaxis], 3, -1)):
        labels, table = computed(priorseg.dask.segment(image, model))
        expected = model.segment(image)
        assert np.array_equal(labels, expected.labels)
        pd.testing.assert_frame_equal(table.drop(columns="label"), expected.objects.drop(columns="label"))


def test_any_array(model: priorseg.Model, tall: npt.NDArray[Any], tmp_path: Path) -> None:
    expected, _ = computed(priorseg.dask.segment(tall, model, band_pixels=BAND_PIXELS))
    group = zarr.open_group(tmp_path / "image.zarr", mode="w", zarr_format=2)
    array = group.create_array("0", shape=(1, 1, 1, *tall.shape), chunks=(1, 1, 1, 256, 128), dtype=tall.dtype)
    array[:] = tall[np.newaxis, np.newaxis, np.newaxis]
    group.attrs["multiscales"] = [{"version": "0.4", "datasets": [{"path": "0"}]}]
    lazy = dask.array.from_array(tall, chunks=(333, 77))
    store = tmp_path / "image.zarr"
    for image in (store, store / "0", array, lazy, tall[np.newaxis], tall[..., np.newaxis]):
        assert np.array_equal(computed(priorseg.dask.segment(image, model, band_pixels=BAND_PIXELS))[0], expected)


def test_what_is_wrong_is_said_at_once(model: priorseg.Model, tall: npt.NDArray[Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \[5, 4, 4\], expected"):
        priorseg.dask.segment(np.zeros((5, 4, 4)), model)
    with pytest.raises(ValueError, match="of type complex128"):
        priorseg.dask.segment(tall.astype(complex), model)
    with pytest.raises(priorseg.Error, match="expected at least 1"):
        priorseg.dask.segment(tall, model, bands=0, band_pixels=BAND_PIXELS)
    with pytest.raises(priorseg.Error, match="no_such"):
        priorseg.dask.segment(tall, model, band_pixels=BAND_PIXELS, no_such=1)
    with pytest.raises(priorseg.Error, match="no zarr array"):
        priorseg.dask.segment(tmp_path / "missing.zarr", model)


def test_the_program_finds_the_same_in_a_large_image(
    model: priorseg.Model, tmp_path: Path, command: Callable[..., None]
) -> None:
    """More than 16.8 million pixels: the program goes through it in bands."""
    tile = priorseg.simulate(1, size=SIZE, height=1250, width=1000, seed=9)[0][0]
    large = np.tile(tile, (14, 1))
    tifffile.imwrite(tmp_path / "large.tif", large, tile=(512, 512))
    model.save(tmp_path / "model.safetensors")
    command("segment", tmp_path / "large.tif", "--model", tmp_path / "model.safetensors", "-o", tmp_path / "out")
    expected = tifffile.imread(tmp_path / "out" / "labels" / "large.tif")
    found = priorseg.dask.segment(large, tmp_path / "model.safetensors", bands=1)
    labels, table = computed(found)
    assert len(found.labels.chunks[0]) == 2
    assert len(table) > 500
    assert_same_objects(labels, expected)


def test_workers_that_die_change_nothing(model: priorseg.Model, tall: npt.NDArray[Any], tmp_path: Path) -> None:
    expected, table = computed(priorseg.dask.segment(tall, model, bands=1, band_pixels=BAND_PIXELS))
    source = zarr.create_array(
        tmp_path / "image.zarr", shape=tall.shape, chunks=(256, 256), dtype=tall.dtype, zarr_format=2
    )
    source[:] = tall
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))

        found = priorseg.dask.segment(tmp_path / "image.zarr", model, bands=1, band_pixels=BAND_PIXELS)
        future = client.compute(found.objects)
        os.kill(victim, signal.SIGKILL)
        written = priorseg.dask.write(found, tmp_path / "labels.zarr", chunks=(300, 128))
        assert len(future.result()) == len(table)
        assert victim not in client.run(os.getpid).values()
    labels = zarr.open_group(tmp_path / "labels.zarr", mode="r")["labels/objects"]
    assert np.array_equal(labels["0"][:], expected)
    assert labels.attrs["multiscales"][0]["datasets"][0]["path"] == "0"
    pd.testing.assert_frame_equal(written, table)
    read = pd.read_csv(tmp_path / "labels.zarr" / "labels" / "objects" / "objects.csv")
    pd.testing.assert_frame_equal(read, table, check_dtype=False, rtol=1e-12)
    with pytest.raises(priorseg.Error, match="holds labels/objects already"):
        priorseg.dask.write(found, tmp_path / "labels.zarr")
