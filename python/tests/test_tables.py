"""Tables as Parquet, and measures of the Cell Tracking Challenge by a program that nobody here wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

import priorseg


@pytest.fixture(scope="module")
def film(model: priorseg.Model, image_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """01/ with three frames of simulated objects, 01_GT with their truth, and a model."""
    place = tmp_path_factory.mktemp("film")
    for name in ("01", "01_GT/SEG", "01_GT/TRA"):
        (place / name).mkdir(parents=True)
    for frame in range(3):
        labels = tifffile.imread(image_folder / "labels" / "sim_000.tif")
        moved = np.roll(labels, 2 * frame, axis=1)
        image = np.roll(tifffile.imread(image_folder / "images" / "sim_000.tif"), 2 * frame, axis=1)
        tifffile.imwrite(place / "01" / f"t{frame:03}.tif", image)
        tifffile.imwrite(place / "01_GT" / "SEG" / f"man_seg{frame:03}.tif", moved)
        tifffile.imwrite(place / "01_GT" / "TRA" / f"man_track{frame:03}.tif", moved)
    tracks = "".join(f"{label} 0 2 0\n" for label in np.unique(labels[labels > 0]))
    (place / "01_GT" / "TRA" / "man_track.txt").write_text(tracks)
    model.save(place / "model.safetensors")
    return place


@pytest.fixture(scope="module")
def linked(film: Path, command: Callable[..., None]) -> Path:
    command("segment", film / "01", "--model", film / "model.safetensors", "--link", "-o", film / "out")
    return film / "out"


def test_linked_films_are_valid_and_score_as_the_challenge_scores(film: Path, linked: Path) -> None:
    ctc = pytest.importorskip("ctc_metrics", reason="py-ctcmetrics is not installed")
    shutil.copytree(linked / "tracks" / "01_RES", film / "01_RES", dirs_exist_ok=True)
    found = ctc.evaluate_sequence(str(film / "01_RES"), str(film / "01_GT"), metrics=["Valid", "SEG", "DET", "TRA"])
    assert found["Valid"] == 1
    files = [sorted((film / name).glob("*.tif")) for name in ("01_RES", "01_GT/SEG")]
    scores = priorseg.evaluate(*files)
    assert found["SEG"] == pytest.approx(scores["SEG"], abs=1e-4)
    assert 0 <= found["TRA"] <= 1


def test_truth_that_is_linked_scores_one(film: Path, tmp_path: Path) -> None:
    """Its own numbers are not needed: tracks of the same objects under other labels."""
    ctc = pytest.importorskip("ctc_metrics", reason="py-ctcmetrics is not installed")
    (tmp_path / "01_RES").mkdir()
    for frame in range(3):
        labels = tifffile.imread(film / "01_GT" / "TRA" / f"man_track{frame:03}.tif")
        tifffile.imwrite(tmp_path / "01_RES" / f"mask{frame:03}.tif", labels)
    shutil.copy(film / "01_GT" / "TRA" / "man_track.txt", tmp_path / "01_RES" / "res_track.txt")
    found = ctc.evaluate_sequence(str(tmp_path / "01_RES"), str(film / "01_GT"), metrics=["SEG", "DET", "TRA"])
    assert (found["SEG"], found["DET"], found["TRA"]) == pytest.approx((1, 1, 1))


def test_parquet_holds_the_tables(linked: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    files = priorseg.write_parquet(linked)
    assert [file.name for file in files] == ["objects.parquet", "images.parquet", "summary.parquet", "tracks.parquet"]
    for file in files:
        table = pd.read_csv(file.with_suffix(".csv"), keep_default_na=False, na_values=[""])
        found = pd.read_parquet(file)
        assert list(found.columns) == list(table.columns)
        for column in found.columns:
            assert list(found[column].dropna().astype(str)) == list(table[column].dropna().astype(str)), column
    assert parquet.read_schema(files[0]).metadata[b"priorseg"] == (linked / "provenance.json").read_bytes()


def test_parquet_of_no_output_folder_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    with pytest.raises(priorseg.Error, match=r"holds no objects\.csv"):
        priorseg.write_parquet(tmp_path)
