"""Images, and a model that was trained on them for an instant, made by the command line program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TINY = [
    "detector.localizer.channels=[8,8,16]",
    "detector.localizer.reduction=1",
    "detector.encoder.kind=strided",
    "detector.encoder.channels=[8,8,16]",
    "detector.training.batch_size=2",
    "detector.training.crop_size=64",
    "detector.training.precision=float32",
    "detector.training.steps=40",
    "detector.self_training.steps=0",
    "detector.inference.presence=0.1",
    "detector.inference.min_score=0",
    "prior_masks=64",
    "prior.steps=20",
    "prior.batch_size=16",
]


@pytest.fixture(scope="session")
def program() -> str:
    """The command line program."""
    name = os.environ.get("PRIORSEG_PROGRAM")
    if not name:
        pytest.skip("PRIORSEG_PROGRAM does not name the command line program")
    return name


@pytest.fixture(scope="session")
def tiny_settings() -> list[str]:
    """Words that make a training take a second."""
    return [word for setting in TINY for word in ("--set", setting)]


@pytest.fixture(scope="session")
def made(program: str, tiny_settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """images/sim_000.tif and sim_001.tif, and model.safetensors."""
    folder = tmp_path_factory.mktemp("made")
    simulate = [program, "simulate", "-q", "-n", "2", "--preset", "nuclei", "--image-size", "96x80", "--size", "14:24"]
    subprocess.run([*simulate, "-o", folder], check=True)
    train = [program, "run", folder / "images", "--size", "14:24", *tiny_settings, "-q", "--threads", "1"]
    done = subprocess.run([*train, "-o", folder / "out"], check=False, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    (folder / "out" / "model.safetensors").rename(folder / "model.safetensors")
    return folder
