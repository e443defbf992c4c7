"""Files of the names that the examples of the pages use, and a model that was trained for an instant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

# Trains in a second, in the arithmetic that every processor has.
TINY: dict[str, Any] = {
    "prior_masks": 64,
    "prior": {"steps": 20, "batch_size": 16},
    "detector": {
        "localizer": {"channels": [8, 8, 16], "reduction": 1},
        "encoder": {"channels": [8, 8, 16], "kind": "strided"},
        "training": {"batch_size": 2, "crop_size": 64, "steps": 40, "precision": "float32"},
        "self_training": {"steps": 0},
        "inference": {"presence": 0.1, "min_score": 0},
    },
}
SIZE = (14, 24)


@pytest.fixture(scope="session")
def program() -> Path:
    name = os.environ.get("PRIORSEG_PROGRAM")
    if not name:
        pytest.skip("PRIORSEG_PROGRAM does not name the command line program")
    return Path(name)


@pytest.fixture(scope="session")
def workshop(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """images/a01.tif to a03.tif, labels/ with their truth, and out/ with a model and results."""
    folder = tmp_path_factory.mktemp("workshop")
    simulate = [program, "simulate", "-q", "-n", "3", "--preset", "nuclei", "--image-size", "96x80", "--size", "14:24"]
    subprocess.run([*simulate, "-o", folder], check=True)
    for file in [*(folder / "images").iterdir(), *(folder / "labels").iterdir()]:
        file.rename(file.with_name(f"a{int(file.stem[-3:]) + 1:02}.tif"))
    (folder / "tiny.json").write_text(json.dumps(TINY))
    words = [program, "run", "images", "--size", "14:24", "--config", "tiny.json", "-q", "--threads", "1", "-o", "out"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    return folder


@pytest.fixture
def place(workshop: Path, tmp_path: Path) -> Path:
    """A folder of one's own in which every file lies that an example of a page reads."""
    folder = tmp_path / "place"
    shutil.copytree(workshop, folder)
    shutil.copy(folder / "out" / "model.safetensors", folder)
    shutil.copytree(folder / "labels", folder / "corrected")
    images = [tifffile.imread(file) for file in sorted((folder / "images").iterdir())]
    write_film(folder / "01", images[0])
    write_hyperstack(folder / "a.ome.tif", images)
    write_two_channels(folder / "scans", images)
    write_plate(folder / "plate1", images[0])
    write_mask(folder)
    return folder


def write_film(folder: Path, image: Any) -> None:
    folder.mkdir()
    for frame in range(3):
        tifffile.imwrite(folder / f"t{frame:03}.tif", np.roll(image, frame, axis=1))


def write_hyperstack(file: Path, images: list[Any]) -> None:
    """2 frames, 3 slices, 2 channels; objects are sharp in the second slice of the second channel."""
    noise = np.random.default_rng(1).integers(200, 210, (2, 3, 2, *images[0].shape)).astype(np.uint16)
    noise[:, 1, 1] = images[:2]
    metadata = {
        "axes": "TZCYX",
        "Channel": {"Name": ["GFP", "DAPI"]},
        "PhysicalSizeX": 0.325,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.325,
        "PhysicalSizeYUnit": "µm",
    }
    tifffile.imwrite(file, noise, metadata=metadata)


def write_two_channels(folder: Path, images: list[Any]) -> None:
    """What is read of files of one frame and one slice."""
    folder.mkdir()
    for index, image in enumerate(images):
        metadata = {"axes": "CYX", "Channel": {"Name": ["GFP", "DAPI"]}}
        tifffile.imwrite(folder / f"{index}.ome.tif", np.stack([image // 4, image]), metadata=metadata)


def write_plate(folder: Path, image: Any) -> None:
    """96 wells of ImageXpress."""
    folder.mkdir()
    for well in range(96):
        tifffile.imwrite(folder / f"p1_{'ABCDEFGH'[well // 12]}{well % 12 + 1:02}_s1_w1.tif", image[:48, :40])


def write_mask(folder: Path) -> None:
    """truth.tif with 14 objects, and mask.tif of them."""
    truth = np.zeros((60, 80), np.uint16)
    for number in range(14):
        y, x = divmod(number, 7)
        truth[5 + 25 * y : 20 + 25 * y, 3 + 11 * x : 11 + 11 * x] = number + 1
    tifffile.imwrite(folder / "truth.tif", truth)
    tifffile.imwrite(folder / "mask.tif", ((truth > 0) * 255).astype(np.uint8))
