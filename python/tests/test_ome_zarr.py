"""Zarr stores that zarr-python wrote are read to the pixel, and it reads those that are written here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

import priorseg

zarr = pytest.importorskip("zarr")
codecs = pytest.importorskip("zarr.codecs")
numcodecs = pytest.importorskip("numcodecs")

Array = npt.NDArray[Any]
SHAPE = (2, 3, 45, 67)  # c, z, y, x
AXES = [{"name": name, "type": "channel" if name == "c" else "space"} for name in "czyx"]


def _values(dtype: str) -> Array:
    random = np.random.default_rng(3)
    if np.dtype(dtype).kind == "f":
        return random.normal(0, 1000, SHAPE).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**23)), min(info.max, 2**23)  # exact in float32
    return random.integers(low, high, SHAPE, endpoint=True).astype(dtype)


def _multiscales(version: str) -> list[dict[str, Any]]:
    transformation = [{"type": "scale", "scale": [1.0, 1.0, 1.0, 1.0]}]
    image: dict[str, Any] = {"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": transformation}]}
    return [image | {"version": version} if version == "0.4" else image]


def _write(store: Path, image: Array, zarr_format: int, **options: Any) -> None:
    group = zarr.open_group(store, mode="w", zarr_format=zarr_format)
    array = group.create_array("0", shape=image.shape, dtype=image.dtype, **options)
    array[:] = image
    if zarr_format == 2:
        group.attrs["multiscales"] = _multiscales("0.4")
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": _multiscales("0.5")}


def _assert_read(store: Path, image: Array) -> None:
    for channel in range(SHAPE[0]):
        read = priorseg.read_image(store, channel=channel + 1, project="none")
        np.testing.assert_array_equal(read, image[channel].astype(np.float32))


COMPRESSORS_2: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "blosc_lz4": lambda: numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE),
    "blosc_zstd": lambda: numcodecs.Blosc("zstd", 3, numcodecs.Blosc.BITSHUFFLE),
    "blosc_blosclz": lambda: numcodecs.Blosc("blosclz", 9, numcodecs.Blosc.NOSHUFFLE),
    "zstd": lambda: numcodecs.Zstd(3),
    "gzip": lambda: numcodecs.GZip(5),
    "zlib": lambda: numcodecs.Zlib(5),
}


@pytest.mark.parametrize("compressor", COMPRESSORS_2)
@pytest.mark.parametrize("separator", [".", "/"])
@pytest.mark.parametrize("dtype", ["uint8", ">u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_zarr_2(tmp_path: Path, compressor: str, separator: str, dtype: str, order: str) -> None:
    image = _values(dtype)
    _write(
        tmp_path / "a.zarr",
        image,
        2,
        chunks=(1, 2, 16, 20),
        compressors=COMPRESSORS_2[compressor](),
        chunk_key_encoding={"name": "v2", "separator": separator},
        order=order,
    )
    _assert_read(tmp_path / "a.zarr", image)


COMPRESSORS_3: dict[str, Callable[[], Any]] = {
    "none": lambda: (),
    "blosc": lambda: (codecs.BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle"),),
    "zstd": lambda: (codecs.ZstdCodec(level=3),),
    "gzip": lambda: (codecs.GzipCodec(level=5),),
    "zstd_crc32c": lambda: (codecs.ZstdCodec(level=3), codecs.Crc32cCodec()),
}


@pytest.mark.parametrize("compressor", COMPRESSORS_3)
@pytest.mark.parametrize("shards", [None, (2, 2, 32, 40)])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_zarr_3(tmp_path: Path, compressor: str, shards: tuple[int, ...] | None, endian: str) -> None:
    image = _values("uint16")
    _write(
        tmp_path / "a.zarr",
        image,
        3,
        chunks=(1, 2, 16, 20),
        shards=shards,
        serializer=codecs.BytesCodec(endian=endian),
        compressors=COMPRESSORS_3[compressor](),
    )
    _assert_read(tmp_path / "a.zarr", image)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "int32", "uint64", "float16", "float32", "float64"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_every_type(tmp_path: Path, dtype: str, zarr_format: int) -> None:
    image = _values(dtype)
    _write(tmp_path / "a.zarr", image, zarr_format, chunks=(1, 1, 45, 67))
    _assert_read(tmp_path / "a.zarr", image)


def test_index_of_shards_at_the_start(tmp_path: Path) -> None:
    image = _values("uint16")
    sharding = codecs.ShardingCodec(
        chunk_shape=(1, 1, 16, 20), codecs=[codecs.BytesCodec(), codecs.ZstdCodec()], index_location="start"
    )
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3)
    group.create_array(
        "0", shape=SHAPE, dtype="uint16", chunks=(1, 3, 32, 40), serializer=sharding, compressors=None, fill_value=0
    )[:] = image
    group.attrs["ome"] = {"version": "0.5", "multiscales": _multiscales("0.5")}
    _assert_read(tmp_path / "a.zarr", image)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_chunks_that_were_never_written_have_the_fill_value(tmp_path: Path, zarr_format: int) -> None:
    image = np.full(SHAPE, 7, np.uint16)
    image[1, :, :16, :20] = 100
    _write(tmp_path / "a.zarr", image, zarr_format, chunks=(1, 3, 16, 20), fill_value=7)
    _assert_read(tmp_path / "a.zarr", image)


def test_what_ome_zarr_py_writes(tmp_path: Path) -> None:
    writer = pytest.importorskip("ome_zarr.writer", reason="ome-zarr is not installed; it brings cloud clients")
    image = _values("uint16")
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    writer.write_image(image, group, axes="czyx", fmt=__import__("ome_zarr.format").format.FormatV04())
    _assert_read(tmp_path / "a.zarr", image)


def _labels_read(store: Path) -> tuple[Array, dict[str, Any]]:
    group = zarr.open_group(store, mode="r")
    assert list(group["labels"].group_keys()) == ["objects"]
    labels = group["labels/objects"]
    attributes = dict(labels.attrs)
    return labels["0"][:], attributes.get("ome", attributes)


FORMS = [("ome-zarr", "0.4"), ("ome-zarr-0.5", "0.5")]


@pytest.fixture(scope="module")
def folder(model: priorseg.Model, image_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("zarr")
    frames = np.stack([tifffile.imread(file) for file in sorted((image_folder / "images").glob("*.tif"))])
    tifffile.imwrite(place / "film.ome.tif", frames, metadata={"axes": "TYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5})
    images = [place / "film.ome.tif", image_folder / "images" / "sim_000.tif"]
    model.segment_files(images, place / "out", save="ome-zarr,ome-zarr-0.5,ome-tiff", progress=False)
    return place / "out"


@pytest.mark.parametrize(("form", "version"), FORMS)
@pytest.mark.parametrize("name", ["film", "sim_000"])
def test_zarr_python_reads_labels(folder: Path, form: str, version: str, name: str) -> None:
    expected = tifffile.imread(folder / "labels" / f"{name}.tif")
    labels, attributes = _labels_read(folder / form / f"{name}.zarr")
    np.testing.assert_array_equal(labels, expected)
    described = {entry["label-value"] for entry in attributes["image-label"]["properties"]}
    assert described == set(np.unique(expected[expected > 0]).tolist())
    assert {entry["label-value"] for entry in attributes["image-label"]["colors"]} == described
    axes = "".join(axis["name"] for axis in attributes["multiscales"][0]["axes"])
    assert axes == ("tyx" if name == "film" else "yx")


@pytest.mark.parametrize(("form", "version"), FORMS)
def test_metadata_are_valid(folder: Path, form: str, version: str) -> None:
    models = pytest.importorskip("ome_zarr_models")
    for name in ("film", "sim_000"):
        for place in ("", "/labels/objects"):
            group = zarr.open_group(str(folder / form / f"{name}.zarr") + place, mode="r")
            assert models.open_ome_zarr(group).ome_zarr_version == version


def test_pixel_size_is_kept(folder: Path) -> None:
    for form, _ in FORMS:
        _, attributes = _labels_read(folder / form / "film.zarr")
        multiscale = attributes["multiscales"][0]
        assert multiscale["datasets"][0]["coordinateTransformations"][0]["scale"] == pytest.approx([1, 0.5, 0.5])
        assert [axis.get("unit") for axis in multiscale["axes"]] == [None, "micrometer", "micrometer"]
        about = priorseg.describe_image(folder / form / "film.zarr")
        assert about["um_per_pixel"] == pytest.approx((0.5, 0.5))
        assert about["frames"] == 3


def test_levels_are_every_second_row_and_column(model: priorseg.Model, tmp_path: Path) -> None:
    image, _ = priorseg.simulate(1, size=(14, 24), height=530, width=1101)[0]
    tifffile.imwrite(tmp_path / "a.tif", image)
    model.segment_files(tmp_path / "a.tif", tmp_path / "out", save="ome-zarr", progress=False)
    expected = tifffile.imread(tmp_path / "out" / "labels" / "a.tif")
    labels = zarr.open_group(tmp_path / "out" / "ome-zarr" / "a.zarr", mode="r")["labels/objects"]
    assert sorted(labels.array_keys()) == ["0", "1", "2"]
    for level in range(3):
        np.testing.assert_array_equal(labels[str(level)][:], expected[:: 2**level, :: 2**level])


def test_ome_tiff_has_axes_and_pixel_size(folder: Path) -> None:
    with tifffile.TiffFile(folder / "ome-tiff" / "film.ome.tif") as file:
        assert file.is_ome
        assert file.series[0].axes == "TYX"
        np.testing.assert_array_equal(file.asarray(), tifffile.imread(folder / "labels" / "film.tif"))
    about = priorseg.describe_image(folder / "ome-tiff" / "film.ome.tif")
    assert about["um_per_pixel"] == pytest.approx((0.5, 0.5))
    assert about["source"] == "its OME-XML"
