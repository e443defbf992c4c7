"""Programs that nobody here wrote read what is written for them, and see the same pixels."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import roifile
import shapely
import shapely.geometry
import tifffile
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from skimage.measure import grid_points_in_poly, regionprops
from skimage.segmentation import watershed

import priorseg

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
IMAGEJ = Path("/usr/share/java/ij.jar")
FORMS = "rois,geojson,coco,ctc,cellpose,ome-tiff"


def hard_labels() -> Labels:
    """Objects that touch each other and the border everywhere, and some with holes, islands and corners."""
    random = np.random.default_rng(5)
    seeds = np.zeros((64, 80), np.int32)
    seeds.flat[random.choice(seeds.size, 60, replace=False)] = np.arange(1, 61)
    labels: Labels = watershed(random.random(seeds.shape), seeds).astype(np.int32)
    labels[20:48, 30:62] = 0
    labels[21:40, 31:50] = 70  # with a hole, in which lie another object, a part of its own, and a corner
    labels[23:38, 33:48] = 0
    labels[25:30, 35:40] = 71
    labels[32:35, 42:45] = 70
    labels[35, 45] = 70
    labels[42:45, 31:34] = [[72, 72, 0], [72, 0, 72], [72, 72, 72]]  # the hole touches the outside at a corner
    labels[42, 36] = labels[43, 37] = 73  # two parts that touch at a corner
    labels[42, 37] = labels[43, 36] = 74
    labels[46, 50:60] = 75  # a line
    labels[0, 0] = labels[63, 79] = 76  # far apart, at corners of the image
    return labels


@pytest.fixture(scope="module")
def hard() -> tuple[Labels, npt.NDArray[np.uint16]]:
    """A label map, and an image to measure it on."""
    labels = hard_labels()
    return labels, np.random.default_rng(6).integers(0, 4000, labels.shape).astype(np.uint16)


@pytest.fixture(scope="module")
def folder(model: priorseg.Model, image_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder in every form."""
    place = tmp_path_factory.mktemp("forms") / "out"
    model.segment_files(image_folder / "images", place, save=FORMS, progress=False)
    return place


def masks_of(labels: Labels) -> dict[int, Mask]:
    return {int(label): labels == label for label in np.unique(labels[labels > 0])}


def assert_same(found: dict[int, Mask], labels: Labels) -> None:
    expected = masks_of(labels)
    assert sorted(found) == sorted(expected)
    for label, mask in expected.items():
        assert np.array_equal(found[label], mask), label


def filled(rings: list[npt.NDArray[Any]], shape: tuple[int, ...]) -> Mask:
    """Pixels whose centres lie in an odd number of rings of (x, y) along pixel edges."""
    mask = np.zeros(shape, bool)
    for ring in rings:
        mask ^= grid_points_in_poly(shape, np.asarray(ring, float)[:, ::-1] - 0.5).astype(bool)
    return mask


def masks_of_rois(file: Path, shape: tuple[int, ...]) -> dict[int, Mask]:
    masks = {}
    for roi in roifile.roiread(file):
        coordinates = roi.coordinates(multi=True)
        rings = coordinates if isinstance(coordinates, list) else [coordinates]
        masks[int(roi.name)] = filled(rings, shape)
        assert roi.position == 1
    return masks


def masks_of_features(file: Path, shape: tuple[int, ...]) -> dict[int, Mask]:
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    masks = {}
    for feature in json.loads(file.read_text())["features"]:
        assert feature["properties"]["objectType"] == "detection"
        geometry = shapely.geometry.shape(feature["geometry"])
        assert geometry.is_valid, shapely.is_valid_reason(geometry)
        assert geometry.area == feature["properties"]["measurements"]["AreaShape_Area"]
        for part in shapely.get_parts(geometry):
            assert part.exterior.is_ccw  # in the x and y of the numbers, as RFC 7946 wants
            assert not any(hole.is_ccw for hole in part.interiors)
        masks[int(feature["properties"]["name"])] = shapely.contains_xy(geometry, x, y)
    return masks


def masks_of_coco(coco: COCO, image: int) -> dict[int, Mask]:
    masks = {}
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image])):
        assert coco_mask.area(annotation["segmentation"]) == annotation["area"]
        assert list(coco_mask.toBbox(annotation["segmentation"])) == annotation["bbox"]
        masks[annotation["label"]] = coco.annToMask(annotation).astype(bool)
    return masks


def test_roifile_sees_the_pixels_of_hard_objects(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    priorseg.write_objects(*hard, tmp_path / "a.zip", "rois")
    assert_same(masks_of_rois(tmp_path / "a.zip", hard[0].shape), hard[0])
    traced = {int(roi.name) for roi in roifile.roiread(tmp_path / "a.zip") if roi.roitype == roifile.ROI_TYPE.TRACED}
    assert not {70, 72, 73, 74, 76} & traced  # have holes or parts
    assert 75 in traced


def test_an_archive_is_replaced_not_added_to(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    priorseg.write_objects(*hard, tmp_path / "a.zip", "rois")
    one = np.where(hard[0] == 71, hard[0], 0)
    priorseg.write_objects(one, hard[1], tmp_path / "a.zip", "rois")
    assert [roi.name for roi in roifile.roiread(tmp_path / "a.zip")] == ["71"]
    priorseg.write_objects(np.zeros_like(one), hard[1], tmp_path / "a.zip", "rois")
    assert roifile.roiread(tmp_path / "a.zip") == []


def test_roifile_sees_places_beyond_sixteen_bits(tmp_path: Path) -> None:
    labels = np.zeros((4, 70000), np.int32)
    labels[1:3, 69000:69990] = 1
    labels[:3, 5:9] = 2
    priorseg.write_objects(labels, labels, tmp_path / "a.zip", "rois")
    far, near = roifile.roiread(tmp_path / "a.zip")
    assert sorted(map(tuple, far.coordinates())) == [(69000, 1), (69000, 3), (69990, 1), (69990, 3)]
    assert sorted(map(tuple, near.coordinates())) == [(5, 0), (5, 3), (9, 0), (9, 3)]


def test_shapely_sees_the_pixels_of_hard_objects(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    priorseg.write_objects(*hard, tmp_path / "a.geojson", "geojson")
    assert_same(masks_of_features(tmp_path / "a.geojson", hard[0].shape), hard[0])


def test_pycocotools_sees_the_pixels_of_hard_objects(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    scores = np.linspace(1, 0, hard[0].max())
    priorseg.write_objects(*hard, tmp_path / "a.json", "coco", scores=scores)
    coco = COCO(tmp_path / "a.json")
    assert_same(masks_of_coco(coco, 1), hard[0])
    assert coco.anns[1]["score"] == 1


@pytest.mark.parametrize("form", ["ctc", "cellpose"])
def test_tifffile_sees_the_pixels_of_hard_objects(hard: tuple[Labels, Any], tmp_path: Path, form: str) -> None:
    priorseg.write_objects(*hard, tmp_path / "a.tif", form)
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), hard[0])


def test_all_forms_of_a_folder_hold_the_pixels_of_its_label_maps(folder: Path, image_folder: Path) -> None:
    coco = COCO(folder / "coco.json")
    ids = {image["file_name"]: image["id"] for image in coco.imgs.values()}
    table = pd.read_csv(folder / "objects.csv").set_index(["image", "label"])
    assert len(coco.anns) == len(table) > 0
    for file in sorted((image_folder / "images").iterdir()):
        labels = tifffile.imread(folder / "labels" / file.name)
        assert_same(masks_of_rois(folder / "rois" / f"{file.stem}_rois.zip", labels.shape), labels)
        assert_same(masks_of_features(folder / "geojson" / f"{file.stem}.geojson", labels.shape), labels)
        assert_same(masks_of_coco(coco, ids[file.name]), labels)
        assert np.array_equal(tifffile.imread(folder / "cellpose" / f"{file.stem}_cp_masks.tif"), labels)
        mask = tifffile.imread(folder / "RES" / file.name.replace("sim_", "mask"))
        assert mask.dtype == np.uint16
        assert np.array_equal(mask, labels)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[ids[file.name]])):
            row = table.loc[(file.stem, annotation["label"])]
            assert annotation["score"] == row["score"]
            assert annotation["area"] == row["AreaShape_Area"]


def regions_and_measurements(
    labels: Labels, image: Path | npt.NDArray[Any], spacing: tuple[float, float], place: Path
) -> Iterator[tuple[Any, dict[str, float]]]:
    """What scikit-image measures of each object, and what is written."""
    priorseg.write_objects(labels, image, place, "geojson")
    features = json.loads(place.read_text())["features"]
    pixels = tifffile.imread(image) if isinstance(image, Path) else image
    for region, feature in zip(regionprops(labels, pixels, spacing=spacing), features, strict=True):
        assert feature["properties"]["name"] == str(region.label)
        yield region, feature["properties"]["measurements"]


def test_measurements_are_those_of_scikit_image(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    for region, found in regions_and_measurements(*hard, (1, 1), tmp_path / "a.geojson"):
        values = hard[1][hard[0] == region.label].astype(float)
        expected = {
            "AreaShape_Area": region.area,
            "AreaShape_Center_X": region.centroid[1],
            "AreaShape_Center_Y": region.centroid[0],
            "AreaShape_BoundingBoxMinimum_X": region.bbox[1],
            "AreaShape_BoundingBoxMinimum_Y": region.bbox[0],
            "AreaShape_BoundingBoxMaximum_X": region.bbox[3],
            "AreaShape_BoundingBoxMaximum_Y": region.bbox[2],
            "AreaShape_MajorAxisLength": region.axis_major_length,
            "AreaShape_MinorAxisLength": region.axis_minor_length,
            "AreaShape_Eccentricity": region.eccentricity,
            "AreaShape_EquivalentDiameter": region.equivalent_diameter_area,
            "AreaShape_BoundingBoxArea": region.area_bbox,
            "AreaShape_Extent": region.extent,
            "AreaShape_ConvexArea": region.area_convex,
            "AreaShape_Solidity": region.solidity,
            "AreaShape_FormFactor": 4 * math.pi * region.area / region.perimeter_crofton**2,
            "Intensity_MeanIntensity": region.intensity_mean,
            "Intensity_MinIntensity": region.intensity_min,
            "Intensity_MaxIntensity": region.intensity_max,
            "Intensity_IntegratedIntensity": values.sum(),
        }
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-7, abs=1e-6), (region.label, name)
        if region.eccentricity > 0.01:
            turn = found["AreaShape_Orientation"] - math.degrees(region.orientation)
            assert (turn + 90) % 180 == pytest.approx(90, abs=1e-4), region.label
        assert not any(name.endswith(("_um", "_um2")) for name in found)


def feret_diameters(mask: npt.NDArray[np.bool_], spacing: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest distance of parallel lines that hold the pixels' centres.

    Of many directions and, where the least lies, of those across the lines between outermost pixels.
    """
    directions = np.linspace(0, np.pi, 7201)
    places = np.argwhere(mask) * spacing
    outermost = places[np.unique((places @ np.array([np.sin(directions), np.cos(directions)])).argmax(axis=0))]
    outermost = np.concatenate([outermost, places[:1], places[-1:]])
    between = (outermost[:, None] - outermost[None]).reshape(-1, 2)
    across = np.arctan2(between[:, 1], -between[:, 0])[np.any(between != 0, axis=1)]
    directions = np.concatenate([directions, across])
    along = places @ np.array([np.sin(directions), np.cos(directions)])
    lengths = along.max(axis=0) - along.min(axis=0)
    return lengths.min(), lengths.max()


def test_feret_diameters_are_those_of_the_pixel_centres(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    image = tmp_path / "a.tif"
    tifffile.imwrite(image, hard[1], imagej=True, resolution=(2, 4), metadata={"unit": "um"})
    for region, found in regions_and_measurements(hard[0], image, (0.25, 0.5), tmp_path / "a.geojson"):
        for spacing, unit in (((1.0, 1.0), ""), ((0.25, 0.5), "_um")):
            least, largest = feret_diameters(region.image, spacing)
            assert found["AreaShape_MinFeretDiameter" + unit] == pytest.approx(least, rel=1e-3, abs=1e-3), region.label
            assert found["AreaShape_MaxFeretDiameter" + unit] == pytest.approx(largest, rel=1e-5), region.label


def test_perimeters_are_those_of_scikit_image_by_crofton(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    for region, found in regions_and_measurements(*hard, (1, 1), tmp_path / "a.geojson"):
        assert found["AreaShape_Perimeter"] == pytest.approx(region.perimeter_crofton, rel=1e-7), region.label


def test_lengths_in_micrometres_are_those_of_scikit_image(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    image = tmp_path / "a.tif"
    tifffile.imwrite(image, hard[1], imagej=True, resolution=(2, 4), metadata={"unit": "um"})
    for region, found in regions_and_measurements(hard[0], image, (0.25, 0.5), tmp_path / "a.geojson"):
        assert found["AreaShape_Area_um2"] == pytest.approx(region.area)
        assert found["AreaShape_MajorAxisLength_um"] == pytest.approx(region.axis_major_length, rel=1e-6, abs=1e-6)
        assert found["AreaShape_MinorAxisLength_um"] == pytest.approx(region.axis_minor_length, rel=1e-6, abs=1e-5)
        assert found["AreaShape_EquivalentDiameter_um"] == pytest.approx(2 * math.sqrt(region.area / math.pi))


def test_perimeter_in_micrometres_withstands_oblong_pixels(tmp_path: Path) -> None:
    y, x = np.mgrid[:400, :200] + 0.5
    disk = (np.hypot((x - 100) * 0.5, (y - 200) * 0.25) <= 40).astype(np.int32)  # 0.5 um wide, 0.25 um high
    tifffile.imwrite(tmp_path / "a.tif", disk.astype(np.uint8), imagej=True, resolution=(2, 4), metadata={"unit": "um"})
    ((_, found),) = regions_and_measurements(disk, tmp_path / "a.tif", (0.25, 0.5), tmp_path / "a.geojson")
    assert found["AreaShape_Perimeter_um"] == pytest.approx(2 * math.pi * 40, rel=0.02)


def test_a_resolution_for_print_is_no_size_of_pixels(hard: tuple[Labels, Any], tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", hard[1], resolution=(300, 300), resolutionunit="INCH")
    for _, found in regions_and_measurements(hard[0], tmp_path / "a.tif", (1, 1), tmp_path / "a.geojson"):
        assert "AreaShape_Area_um2" not in found


@pytest.fixture(scope="session")
def imagej() -> Callable[[Path, Path], tuple[str, pd.DataFrame]]:
    """Opens a label map and selections in ImageJ."""
    if not IMAGEJ.exists():
        pytest.skip("ImageJ is not installed (Debian package imagej)")
    if not shutil.which("javac"):
        pytest.skip("there is no Java compiler (Debian package default-jdk-headless)")

    def measure(labels: Path, rois: Path) -> tuple[str, pd.DataFrame]:
        program = Path(__file__).parent / "ImageJMeasures.java"
        words = ["java", "-Djava.awt.headless=true", "-cp", IMAGEJ, program, labels, rois]
        lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
        names = ["label", "pixels", "area", "mean", "x", "y", "width", "height", "position"]
        table = pd.DataFrame([line.split() for line in lines[1:]], columns=names).astype(float)
        return lines[0], table.set_index("label")

    return measure


def test_imagej_sees_the_pixels_of_hard_objects(
    hard: tuple[Labels, Any], tmp_path: Path, imagej: Callable[..., tuple[str, pd.DataFrame]]
) -> None:
    priorseg.write_objects(*hard, tmp_path / "a.zip", "rois")
    priorseg.write_objects(*hard, tmp_path / "a.tif", "cellpose")
    shape, found = imagej(tmp_path / "a.tif", tmp_path / "a.zip")
    assert shape == "map 80 64 16"
    regions = regionprops(hard[0])
    assert list(found.index) == [region.label for region in regions]
    assert list(found["pixels"]) == [region.area for region in regions]
    assert list(found["area"]) == [region.area for region in regions]
    # A selection on the label map holds its label alone: neither is off by a pixel.
    assert list(found["mean"]) == list(found.index)
    boxes = [(r.bbox[1], r.bbox[0], r.bbox[3] - r.bbox[1], r.bbox[2] - r.bbox[0]) for r in regions]
    assert list(found[["x", "y", "width", "height"]].itertuples(index=False, name=None)) == boxes


def test_imagej_sees_places_beyond_sixteen_bits(
    tmp_path: Path, imagej: Callable[..., tuple[str, pd.DataFrame]]
) -> None:
    labels = np.zeros((4, 70000), np.int32)
    labels[1:3, 69000:69990] = 70001
    labels[1, 69500] = 0
    labels[:3, 40005:40009] = 2
    labels[:, 60001:60100] = 3
    priorseg.write_objects(labels, labels, tmp_path / "a.zip", "rois")
    priorseg.write_objects(labels, labels, tmp_path / "a.tif", "cellpose")
    shape, found = imagej(tmp_path / "a.tif", tmp_path / "a.zip")
    assert shape == "map 70000 4 32"
    assert list(found["pixels"]) == [12, 396, 1979]
    assert list(found["mean"]) == [2, 3, 70001]


def test_areas_of_imagej_are_those_of_the_table(folder: Path, imagej: Callable[..., tuple[str, pd.DataFrame]]) -> None:
    table = pd.read_csv(folder / "objects.csv")
    _, found = imagej(folder / "labels" / "sim_001.tif", folder / "rois" / "sim_001_rois.zip")
    rows = table[table["image"] == "sim_001"]
    assert list(found.index) == list(rows["label"])
    assert list(found["area"]) == list(rows["AreaShape_Area"])
    assert list(found["mean"]) == list(rows["label"])


def test_forms_are_named_by_text_or_list(model: priorseg.Model, image_folder: Path, tmp_path: Path) -> None:
    images = image_folder / "images" / "sim_000.tif"
    model.segment_files(images, tmp_path / "a", save=["rois", "geojson"], progress=False)
    assert (tmp_path / "a/rois/sim_000_rois.zip").exists()
    assert (tmp_path / "a/geojson/sim_000.geojson").exists()
    with pytest.raises(priorseg.Error, match=re.escape("'roi' is no form of results")):
        model.segment_files(images, tmp_path / "b", save="roi", progress=False)
    with pytest.raises(priorseg.Error, match="expected one form"):
        priorseg.write_objects(np.zeros((2, 2), np.int32), np.zeros((2, 2)), tmp_path / "c", "labels")
    with pytest.raises(priorseg.Error, match="different sizes"):
        priorseg.write_objects(np.zeros((2, 2), np.int32), np.zeros((2, 3)), tmp_path / "c", "rois")


@pytest.mark.parametrize("program", ["tiffinfo", "vips"])
def test_tiffs_are_taken_without_a_warning(folder: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    files = sorted(folder.glob("*/*.tif"))
    assert {file.parent.name for file in files} == {"labels", "RES", "cellpose", "ome-tiff"}
    for file in files:
        words = ["tiffinfo", "-D", str(file)] if program == "tiffinfo" else ["vips", "avg", str(file)]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), file
        if program == "vips":
            assert float(done.stdout) == pytest.approx(tifffile.imread(file).mean(), abs=1e-5)
