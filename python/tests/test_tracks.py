"""A film of which every track is known, one of them a division, by the measures of the Cell Tracking Challenge."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from conftest import TINY

import priorseg

pytest.importorskip("ctc_metrics", reason="py-ctcmetrics is not installed")
from ctc_metrics import evaluate_sequence  # noqa: E402

FRAMES = 5
DIVIDES_AFTER = 2
TRACKS = [(1, 0, 4, 0), (2, 0, 4, 0), (3, 0, 4, 0), (4, 0, 2, 0), (5, 3, 4, 4), (6, 3, 4, 4)]


def ellipses_of(frame: int) -> dict[int, tuple[float, float, float, float]]:
    """x, y and the two half axes of each track's object, px."""
    apart = 9 + frame - DIVIDES_AFTER
    return {
        1: (20 + 2 * frame, 20, 9, 9),
        2: (60, 24 + 2 * frame, 8, 10),
        3: (24, 74 - 2 * frame, 10, 8),
        4: (62, 70, 17, 9),
        5: (62 - apart, 70, 6.5, 7),
        6: (62 + apart, 70, 6.5, 7),
    }


def draw(frame: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """A frame and its true tracks."""
    y, x = np.mgrid[:96, :96]
    image = np.random.default_rng(frame).normal(140, 5, y.shape)
    tracks = np.zeros(y.shape, np.uint16)
    for number, first, last, _ in TRACKS:
        if first <= frame <= last:
            centre_x, centre_y, half_x, half_y = ellipses_of(frame)[number]
            distance = np.hypot((x - centre_x) / half_x, (y - centre_y) / half_y)
            tracks[distance < 1] = number
            image += 700 / (1 + np.exp((distance - 1) * 14))
    return image.astype(np.uint16), tracks


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """01/ with the frames, 01_GT with the truth, and a model that finds the objects."""
    place = tmp_path_factory.mktemp("tracks")
    for name in ("01", "01_GT/SEG", "01_GT/TRA"):
        (place / name).mkdir(parents=True)
    for frame in range(FRAMES):
        image, tracks = draw(frame)
        size = {"imagej": True, "resolution": (2, 4), "metadata": {"unit": "um"}}
        tifffile.imwrite(place / "01" / f"t{frame:03}.tif", image, **size)
        tifffile.imwrite(place / "01_GT" / "SEG" / f"man_seg{frame:03}.tif", tracks)
        tifffile.imwrite(place / "01_GT" / "TRA" / f"man_track{frame:03}.tif", tracks)
    lines = "".join(" ".join(map(str, track)) + "\n" for track in TRACKS)
    (place / "01_GT" / "TRA" / "man_track.txt").write_text(lines)
    settings = copy.deepcopy(TINY)
    settings["prior_masks"] = 256
    settings["prior"]["steps"] = 100
    settings["detector"]["training"]["steps"] = 150
    settings["detector"]["self_training"]["steps"] = 40
    del settings["detector"]["inference"]["presence"]
    model = priorseg.train(place / "01", size=(13, 30), settings=settings, progress=False)
    model.save(place / "model.safetensors")
    return place


@pytest.fixture(scope="module")
def found(film: Path, command: Callable[..., None]) -> Path:
    words = ("segment", film / "01", "--model", film / "model.safetensors", "--link", "--save", "ctc")
    command(*words, "-o", film / "out")
    return film / "out"


def scores_of(results: Path, film: Path, metrics: list[str], place: Path) -> dict[str, Any]:
    shutil.copytree(results, place / "01_RES")
    # In this process: LibTorch's threads do not survive a fork.
    scores = evaluate_sequence(str(place / "01_RES"), str(film / "01_GT"), metrics=metrics, threads=1)
    assert isinstance(scores, dict)
    return scores


def seg_of(results: Path, film: Path) -> float:
    maps = [sorted(folder.glob("*.tif")) for folder in (results, film / "01_GT" / "SEG")]
    assert len(maps[0]) == len(maps[1]) == FRAMES
    scores = priorseg.evaluate(*([tifffile.imread(file) for file in files] for files in maps))
    return float(scores["pooled"]["SEG"])


def test_every_object_is_found_and_linked(film: Path, found: Path, tmp_path: Path) -> None:
    linked = found / "tracks" / "01_RES"
    scores = scores_of(linked, film, ["Valid", "SEG", "DET", "TRA", "LNK"], tmp_path)
    assert scores["Valid"] == 1
    assert [scores[name] for name in ("DET", "TRA", "LNK")] == pytest.approx([1, 1, 1])
    assert scores["SEG"] == pytest.approx(seg_of(linked, film), abs=1e-6)
    assert scores["SEG"] > 0.7


def test_masks_keep_the_size_of_a_pixel(found: Path) -> None:
    for name in ("tracks/01_RES/mask002.tif", "RES/mask002.tif", "labels/t002.tif"):
        assert priorseg.describe_image(found / name)["um_per_pixel"] == pytest.approx((0.5, 0.25)), name


def test_the_division_is_told(film: Path, found: Path, tmp_path: Path) -> None:
    lines = (found / "tracks" / "01_RES" / "res_track.txt").read_text().splitlines()
    tracks = [tuple(map(int, line.split())) for line in lines]
    assert sorted(track[1:3] for track in tracks) == sorted(track[1:3] for track in TRACKS)
    (mother,) = [number for number, _, last, _ in tracks if last == DIVIDES_AFTER]
    assert sorted(parent for *_, parent in tracks) == [0, 0, 0, 0, mother, mother]
    divisions = scores_of(found / "tracks" / "01_RES", film, ["BC", "CT", "TF"], tmp_path)
    assert (divisions["BC(0)"], divisions["CT"], divisions["TF"]) == (1, 1, 1)


def test_masks_that_are_saved_score_as_the_challenge_scores(film: Path, found: Path, tmp_path: Path) -> None:
    scores = scores_of(found / "RES", film, ["SEG"], tmp_path)
    assert scores["SEG"] == pytest.approx(seg_of(found / "RES", film), abs=1e-6)
    assert scores["SEG"] == pytest.approx(seg_of(found / "tracks" / "01_RES", film), abs=1e-6)
