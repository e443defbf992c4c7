"""Simulated images, and a model that was trained on them for an instant, once for all tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

import priorseg

# Trains in a second, both stages, in the arithmetic that every processor has.
TINY: dict[str, Any] = {
    "prior_masks": 64,
    "prior": {"steps": 20, "batch_size": 16},
    "detector": {
        "localizer": {"channels": [8, 8, 16], "reduction": 1},
        "encoder": {"channels": [8, 8, 16], "kind": "strided"},
        "training": {"batch_size": 2, "crop_size": 64, "steps": 60, "precision": "float32"},
        "self_training": {"steps": 14, "refine_steps": 2},
        "inference": {"presence": 0.1, "min_score": 0},
    },
}
SIZE = (14, 24)


@pytest.fixture(scope="session")
def simulated() -> list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]]:
    return priorseg.simulate(3, size=SIZE, height=96, width=80)


@pytest.fixture(scope="session")
def images(simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]]) -> list[npt.NDArray[Any]]:
    return [image for image, _ in simulated]


@pytest.fixture(scope="session")
def image_folder(
    simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """images/ and labels/ as files."""
    folder = tmp_path_factory.mktemp("simulated")
    for name in ("images", "labels"):
        (folder / name).mkdir()
    for index, (image, labels) in enumerate(simulated):
        tifffile.imwrite(folder / "images" / f"sim_{index:03}.tif", image)
        tifffile.imwrite(folder / "labels" / f"sim_{index:03}.tif", labels.astype(np.uint16))
    return folder


@pytest.fixture(scope="session")
def model(images: list[npt.NDArray[Any]]) -> priorseg.Model:
    return priorseg.train(images, size=SIZE, settings=TINY, progress=False)


@pytest.fixture(scope="session")
def command() -> Callable[..., None]:
    """Runs the command line program."""
    program = os.environ.get("PRIORSEG_PROGRAM")
    if not program:
        pytest.skip("PRIORSEG_PROGRAM does not name the command line program")

    def run(*words: object) -> None:
        done = subprocess.run([program, *map(str, words), "-q"], check=False, capture_output=True)
        # 3: done, but what such a model finds is not to be trusted.
        assert done.returncode in (0, 3), done.stderr

    return run
