"""Files that other programs wrote (tifffile, Pillow) are read back to the pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

import priorseg
from priorseg._arrays import list_images
from priorseg._progress import Listener

RANDOM = np.random.default_rng(1)
H, W = 45, 67


def _values(*shape: int, dtype: str = "uint16") -> npt.NDArray[Any]:
    if np.dtype(dtype).kind == "f":
        return RANDOM.normal(0, 1000, shape).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**23)), min(info.max, 2**23)  # exact in float32
    return RANDOM.integers(low, high, shape, endpoint=True).astype(dtype)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "image.tif"


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 32)}, {"rowsperstrip": 7}, {"bigtiff": True}])
def test_every_type_in_every_layout(file: Path, dtype: str, byteorder: str, layout: dict[str, Any]) -> None:
    image = _values(H, W, dtype=dtype)
    tifffile.imwrite(file, image, byteorder=byteorder, **layout)
    np.testing.assert_array_equal(priorseg.read_image(file), image.astype(np.float32))


@pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_compressions_with_and_without_predictor(file: Path, compression: str, predictor: bool, dtype: str) -> None:
    if predictor and compression == "packbits":
        pytest.skip("packed bits know no predictor")
    image = _values(H, W, dtype=dtype)
    try:
        tifffile.imwrite(file, image, compression=compression, predictor=predictor)
    except (ImportError, ValueError, KeyError) as error:
        pytest.skip(f"tifffile cannot write it here: {error}")
    np.testing.assert_array_equal(priorseg.read_image(file), image.astype(np.float32))


@pytest.mark.parametrize(
    "compression", ["raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "zstd", "lzma"]
)
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_compressions_that_pillow_writes(file: Path, compression: str, predictor: int, dtype: str) -> None:
    pillow = pytest.importorskip("PIL.Image")
    if predictor == 2 and compression in ("raw", "packbits"):
        pytest.skip("it knows no predictor")
    image = _values(H, W, dtype=dtype)
    try:
        pillow.fromarray(image).save(file, compression=compression, tiffinfo={317: predictor} if predictor == 2 else {})
    except (OSError, KeyError, ValueError) as error:
        pytest.skip(f"Pillow cannot write it here: {error}")
    np.testing.assert_array_equal(priorseg.read_image(file), image)


def test_one_bit_and_several_pages_of_pillow(file: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    mask = _values(H, W, dtype="uint8") > 127
    for compression in ("raw", "group4", "tiff_lzw"):
        pillow.fromarray(mask).save(file, compression=compression)
        np.testing.assert_array_equal(priorseg.read_image(file), mask)
    pages = [pillow.fromarray(_values(H, W, dtype="uint8")) for _ in range(3)]
    pages[0].save(file, save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(priorseg.read_image(file), np.stack([np.asarray(page) for page in pages]))


def test_jpeg_inside_a_tiff_of_pillow(file: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    y, x = np.mgrid[:48, :64]
    smooth = np.stack([2 * x, 3 * y, 100 + x], axis=-1).astype(np.uint8)
    pillow.fromarray(smooth).save(file, compression="jpeg", quality=100)
    with pillow.open(file) as decoded:
        np.testing.assert_allclose(priorseg.read_image(file), np.asarray(decoded), atol=2)


@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_colours_and_channels_of_a_pixel(file: Path, planarconfig: str, tile: tuple[int, int] | None) -> None:
    image = _values(H, W, 3, dtype="uint8")
    stored = image if planarconfig == "contig" else np.moveaxis(image, 2, 0)
    tifffile.imwrite(file, stored, photometric="rgb", planarconfig=planarconfig, tile=tile)
    np.testing.assert_array_equal(priorseg.read_image(file), image)
    np.testing.assert_array_equal(priorseg.read_image(file, channel=3), image[..., 2])
    tifffile.imwrite(file, stored, photometric="minisblack", planarconfig=planarconfig, tile=tile)
    assert not priorseg.describe_image(file)["colour"]
    assert priorseg.describe_image(file)["channels"] == 3
    np.testing.assert_array_equal(priorseg.read_image(file, channel=2), image[..., 1])


def test_alpha_is_dropped(file: Path) -> None:
    image = _values(H, W, 4, dtype="uint8")
    tifffile.imwrite(file, image, photometric="rgb", extrasamples=["unassalpha"])
    np.testing.assert_array_equal(priorseg.read_image(file), image[..., :3])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_white_is_zero(file: Path, dtype: str) -> None:
    image = _values(H, W, dtype=dtype)
    tifffile.imwrite(file, image, photometric="miniswhite")
    np.testing.assert_array_equal(priorseg.read_image(file), np.iinfo(dtype).max - image)


def test_palettes_are_colours(file: Path) -> None:
    image = _values(H, W, dtype="uint8")
    table = _values(3, 256, dtype="uint16")
    tifffile.imwrite(file, image, photometric="palette", colormap=table)
    np.testing.assert_array_equal(priorseg.read_image(file), np.moveaxis(table[:, image] >> 8, 0, 2))


def test_hyperstack_of_imagej(file: Path) -> None:
    stack = _values(2, 3, 4, H, W)  # T, Z, C
    tifffile.imwrite(
        file, stack, imagej=True, resolution=(2, 2), metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.0}
    )
    found = priorseg.describe_image(file)
    assert (found["frames"], found["slices"], found["channels"]) == (2, 3, 4)
    assert found["um_per_pixel"] == pytest.approx((0.5, 0.5))
    np.testing.assert_array_equal(priorseg.read_image(file, channel=3, z=2, t=2), stack[1, 1, 2])
    np.testing.assert_array_equal(priorseg.read_image(file, channel=1, project="max"), stack[:, :, 0].max(axis=1))
    np.testing.assert_array_equal(
        priorseg.read_image(file, channel=1, project="none"), stack[:, :, 0].reshape(6, H, W)
    )
    np.testing.assert_allclose(
        priorseg.read_image(file, channel=2, t=1, project="mean"), stack[0, :, 1].mean(axis=0), rtol=1e-6
    )


def test_stacks_with_one_page_for_all_planes(file: Path) -> None:
    stack = _values(5, H, W)
    tifffile.imwrite(file, stack, imagej=True, metadata={"axes": "ZYX"}, truncate=True)
    np.testing.assert_array_equal(priorseg.read_image(file, project="none"), stack)
    np.testing.assert_array_equal(priorseg.read_image(file, z=4), stack[3])
    metamorph = (33629, 5, 5, (1,) * 10, True)  # as many rationals as planes
    tifffile.imwrite(file, stack, metadata=None, truncate=True, extratags=[metamorph])
    np.testing.assert_array_equal(priorseg.read_image(file), stack)
    tifffile.imwrite(file, stack, metadata={"axes": "ZYX"}, truncate=True)
    np.testing.assert_array_equal(priorseg.read_image(file, z=5), stack[4])


def test_ome_tiff_in_several_files(tmp_path: Path) -> None:
    stack = _values(2, H, W)
    place = '<TiffData FirstC="{0}" IFD="0"><UUID FileName="c{0}.ome.tif">urn:uuid:{0}</UUID></TiffData>'
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><OME><Image ID="Image:0"><Pixels DimensionOrder="XYZCT" SizeX="{W}" '
        f'SizeY="{H}" SizeC="2" SizeZ="1" SizeT="1"><Channel Name="GFP" SamplesPerPixel="1"/>'
        f'<Channel Name="DAPI" SamplesPerPixel="1"/>{place.format(0)}{place.format(1)}</Pixels></Image></OME>'
    )
    for channel in range(2):
        tifffile.imwrite(tmp_path / f"c{channel}.ome.tif", stack[channel], description=text, metadata=None)
    for file in ("c0.ome.tif", "c1.ome.tif"):  # whichever is named
        np.testing.assert_array_equal(priorseg.read_image(tmp_path / file, channel="DAPI"), stack[1])
    # In a folder the set is one image.
    assert [file.name for file in list_images([tmp_path], Listener(progress=False))] == ["c0.ome.tif"]


def test_a_model_looks_at_the_plane_that_is_asked_for(
    tmp_path: Path, model: priorseg.Model, images: list[npt.NDArray[Any]]
) -> None:
    film = np.stack([images[0], images[1]]).astype(np.uint16)
    tifffile.imwrite(tmp_path / "film.tif", film, imagej=True, metadata={"axes": "TYX"})
    np.testing.assert_array_equal(
        model.segment(tmp_path / "film.tif", t=2).labels, model.segment(film[1]).labels
    )
    with pytest.raises(priorseg.Error, match="holds 2 pictures"):
        model.segment(tmp_path / "film.tif")
    with pytest.raises(priorseg.Error, match="frame 3 is asked for, but there are 2 frames"):
        model.segment(tmp_path / "film.tif", t=3)
    found = model.segment_files(tmp_path / "film.tif", tmp_path / "out", progress=False)
    assert sorted(found.objects["Metadata_T"].unique()) == [1, 2]
    maps = tifffile.imread(tmp_path / "out" / "labels" / "film.tif")
    assert maps.shape == film.shape
    with tifffile.TiffFile(tmp_path / "out" / "labels" / "film.tif") as written:
        assert written.series[0].axes == "TYX"


def test_ome_tiff_with_pyramid_tiles_and_names(tmp_path: Path) -> None:
    file = tmp_path / "image.ome.tif"
    stack = _values(3, 2, 2, 64, 96)  # T, C, Z
    metadata = {
        "axes": "TCZYX",
        "Channel": {"Name": ["GFP", "DAPI"]},
        "PhysicalSizeX": 325.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.325,
        "PhysicalSizeYUnit": "µm",
    }
    with tifffile.TiffWriter(file) as writer:
        writer.write(stack, subifds=1, tile=(32, 32), compression="zlib", metadata=metadata)
        writer.write(stack[..., ::2, ::2], subfiletype=1, tile=(32, 32))
    found = priorseg.describe_image(file)
    assert (found["frames"], found["slices"], found["channels"]) == (3, 2, 2)
    assert found["channel_names"] == ["GFP", "DAPI"]
    assert found["um_per_pixel"] == pytest.approx((0.325, 0.325))
    np.testing.assert_array_equal(priorseg.read_image(file, channel="DAPI", z=2), stack[:, 1, 1])


@pytest.mark.parametrize("order", ["TZCYX", "ZTCYX", "CTZYX"])
def test_ome_tiff_in_any_order(tmp_path: Path, order: str) -> None:
    stack = _values(2, 3, 4, 20, 30)
    tifffile.imwrite(tmp_path / "image.ome.tif", stack, metadata={"axes": order})
    at = {order[0]: 1, order[1]: 2, order[2]: 3}
    np.testing.assert_array_equal(
        priorseg.read_image(tmp_path / "image.ome.tif", channel=at["C"] + 1, z=at["Z"] + 1, t=at["T"] + 1),
        stack[1, 2, 3],
    )


def test_ome_tiff_of_colours(tmp_path: Path) -> None:
    image = _values(2, H, W, 3, dtype="uint8")
    tifffile.imwrite(tmp_path / "image.ome.tif", image, photometric="rgb", metadata={"axes": "TYXS"})
    assert priorseg.describe_image(tmp_path / "image.ome.tif")["colour"]
    np.testing.assert_array_equal(priorseg.read_image(tmp_path / "image.ome.tif"), image)


def test_axes_that_tifffile_notes(file: Path) -> None:
    stack = _values(2, 5, H, W)
    tifffile.imwrite(file, stack, metadata={"axes": "CZYX"}, photometric="minisblack")
    np.testing.assert_array_equal(priorseg.read_image(file, channel=2, z=5), stack[1, 4])
    tifffile.imwrite(file, stack, photometric="minisblack")  # it notes no axes by itself
    found = priorseg.describe_image(file)
    assert found["frames"] == 10
    assert any("--axes" in remark for remark in found["remarks"])
    np.testing.assert_array_equal(priorseg.read_image(file, channel=2, z=5, axes="C2ZYX"), stack[1, 4])


def test_thumbnails_are_no_image(file: Path) -> None:
    image = _values(H, W)
    with tifffile.TiffWriter(file) as writer:
        writer.write(image[::4, ::4], subfiletype=1, metadata=None)
        writer.write(image, metadata=None)
    np.testing.assert_array_equal(priorseg.read_image(file), image)


def test_label_maps_as_programs_write_them(tmp_path: Path) -> None:
    truth = np.zeros((40, 60), np.int64)
    for number in range(12):
        y, x = divmod(number, 4)
        truth[5 + 12 * y : 12 + 12 * y, 3 + 14 * x : 12 + 14 * x] = number + 1
    tifffile.imwrite(tmp_path / "truth.tif", truth.astype(np.uint16))
    between = np.where((truth == 0) & (np.arange(60) % 14 == 0), -1, truth)  # lines between watersheds
    for name, labels in {"int64": truth, "lines": between.astype(np.int16)}.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", labels)
        assert priorseg.evaluate(tmp_path / f"{name}.tif", tmp_path / "truth.tif")["averaged"]["F1"]["0.5"] == 1
    for name, mask in {"mask": ((truth > 0) * 255).astype(np.uint8), "bits": truth > 0}.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", mask)
        with pytest.raises(priorseg.Error, match="in 12 separate parts: a mask"):
            priorseg.evaluate(tmp_path / f"{name}.tif", tmp_path / "truth.tif")
        figures = priorseg.evaluate(tmp_path / f"{name}.tif", tmp_path / "truth.tif", split=True)
        assert figures["averaged"]["F1"]["0.5"] == 1
