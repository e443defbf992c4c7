"""Every file with a place for it says which version, model and settings made it."""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tifffile

import priorseg

FORMS = "rois,geojson,coco,ctc,cellpose,ome-tiff,ome-zarr,ome-zarr-0.5"
PROGRAM = f"priorseg {priorseg.__version__}"
MASKS = ["labels/sim_001.tif", "RES/mask001.tif", "cellpose/sim_001_cp_masks.tif", "tracks/sim_RES/mask001.tif"]


@pytest.fixture(scope="module")
def folder(
    model: priorseg.Model,
    image_folder: Path,
    command: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An output folder in every form, with tracks."""
    place = tmp_path_factory.mktemp("provenance")
    model.save(place / "model.safetensors")
    words = ("segment", image_folder / "images", "--model", place / "model.safetensors", "--save", FORMS, "--link")
    command(*words, "-o", place)
    return place


@pytest.fixture(scope="module")
def made_with(folder: Path) -> dict[str, Any]:
    """What provenance.json says of all images."""
    (run,) = json.loads((folder / "provenance.json").read_text())["runs"]
    assert run.pop("images") == ["sim_000", "sim_001", "sim_002"]
    assert isinstance(run, dict)
    return run


def test_the_record_names_program_model_and_settings(
    folder: Path, made_with: dict[str, Any], model: priorseg.Model
) -> None:
    assert list(made_with) == ["model", "program", "settings"]
    assert made_with["program"] == PROGRAM
    assert made_with["settings"]["presence"] == model.settings["inference"]["presence"]
    assert made_with["model"] == "sha1:" + hashlib.sha1((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", MASKS)
def test_label_maps(folder: Path, made_with: dict[str, Any], name: str) -> None:
    with tifffile.TiffFile(folder / name) as tiff:
        assert tiff.pages[0].tags["Software"].value == PROGRAM
        lines = dict(line.split("=", 1) for line in tiff.pages[0].description.splitlines())
    assert lines["model"] == made_with["model"]
    assert json.loads(lines["settings"]) == made_with["settings"]


def test_ome_tiff(folder: Path, made_with: dict[str, Any]) -> None:
    with tifffile.TiffFile(folder / "ome-tiff" / "sim_001.ome.tif") as tiff:
        assert tiff.pages[0].tags["Software"].value == PROGRAM
        tree = xml.etree.ElementTree.fromstring(tiff.pages[0].description)
    values = {pair.get("K"): pair.text or "" for pair in tree.iter() if pair.tag.endswith("}M")}
    assert values["model"] == made_with["model"]
    assert json.loads(values["settings"]) == made_with["settings"]


@pytest.mark.parametrize("form", ["ome-zarr", "ome-zarr-0.5"])
def test_ome_zarr(folder: Path, made_with: dict[str, Any], form: str) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(folder / form / "sim_001.zarr" / "labels" / "objects", mode="r")
    assert group.attrs["priorseg"] == made_with


def test_geojson_and_coco(folder: Path, made_with: dict[str, Any]) -> None:
    assert json.loads((folder / "geojson" / "sim_001.geojson").read_text())["priorseg"] == made_with
    coco = json.loads((folder / "coco.json").read_text())
    assert coco["info"].items() >= made_with.items()
    assert all(image["made_with"] == made_with for image in coco["images"])


def test_archive_of_selections(folder: Path, made_with: dict[str, Any]) -> None:
    archive = (folder / "rois" / "sim_001_rois.zip").read_bytes()
    assert json.loads(archive[archive.rindex(b'{"model"') :]) == made_with


def test_parquet(folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    for file in priorseg.write_parquet(folder):
        assert parquet.read_schema(file).metadata[b"priorseg"] == (folder / "provenance.json").read_bytes(), file


def test_report_tells_the_version(folder: Path) -> None:
    assert re.search(rf">Version<.*>{re.escape(priorseg.__version__)}<", (folder / "report.html").read_text())


def test_images_that_are_segmented_again_have_the_new_settings(
    folder: Path, made_with: dict[str, Any], command: Callable[..., None], image_folder: Path, tmp_path: Path
) -> None:
    """Of a film only one frame is new: every mask of the tracks says what made that frame."""
    images, model = image_folder / "images", folder / "model.safetensors"
    command("segment", images, "--model", model, "-o", tmp_path)
    command("segment", images / "sim_002.tif", "--model", model, "--presence", "0.2", "-o", tmp_path)
    command("segment", images, "--model", model, "--resume", "--link", "-o", tmp_path)
    for frame, presence in ((0, made_with["settings"]["presence"]), (2, 0.2)):
        with tifffile.TiffFile(tmp_path / "tracks" / "sim_RES" / f"mask{frame:03}.tif") as tiff:
            lines = dict(line.split("=", 1) for line in tiff.pages[0].description.splitlines())
        assert json.loads(lines["settings"])["presence"] == pytest.approx(presence), frame


def test_label_maps_at_hand_have_the_version_alone(image_folder: Path, tmp_path: Path) -> None:
    labels = tifffile.imread(image_folder / "labels" / "sim_000.tif")
    priorseg.write_objects(labels, image_folder / "images" / "sim_000.tif", tmp_path / "a.geojson", "geojson")
    assert json.loads((tmp_path / "a.geojson").read_text())["priorseg"] == {"program": PROGRAM}
