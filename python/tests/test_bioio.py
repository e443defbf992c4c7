"""Formats that bioio reads: a stand-in for it serves where its readers are not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import priorseg

STACK = np.random.default_rng(2).integers(0, 4000, (2, 2, 3, 40, 50)).astype(np.uint16)  # t, c, z, y, x


class _Image:
    """As much of bioio.BioImage as is used."""

    channel_names = ("GFP", "DAPI")
    dims = SimpleNamespace(**dict(zip("TCZYX", STACK.shape, strict=True)))
    physical_pixel_sizes = SimpleNamespace(X=0.25, Y=0.5)
    scenes = ("Image:0", "Image:1")

    def __init__(self, file: str) -> None:
        self.file = file

    def get_image_data(self, order: str, **at: int) -> npt.NDArray[Any]:
        assert order == "YX"
        plane: npt.NDArray[Any] = STACK[at["T"], at["C"], at["Z"]]
        return plane


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(sys.modules, "bioio", SimpleNamespace(BioImage=_Image))
    (tmp_path / "cells.czi").write_bytes(b"czi")
    return tmp_path / "cells.czi"


def test_planes_are_chosen_as_of_other_files(file: Path) -> None:
    read = priorseg.read_image(file, channel="DAPI", t=2, z=3)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, STACK[1, 1, 2])
    np.testing.assert_array_equal(priorseg.read_image(file, channel=1, project="none", t=1), STACK[0, 0])
    np.testing.assert_array_equal(priorseg.read_image(file, channel=2, project="max"), STACK[:, 1].max(axis=1))
    mean = priorseg.read_image(file, channel=2, project="mean")
    np.testing.assert_allclose(mean, STACK[:, 1].astype(np.float64).mean(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(
        priorseg.read_image(file, channel=2, project="max", z="2:3", t=1), STACK[0, 1, 1:].max(axis=0)
    )


def test_the_slice_in_best_focus_is_taken(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sharp = np.full_like(STACK, 100)
    sharp[:, :, 1] = STACK[:, :, 1]
    monkeypatch.setattr(sys.modules[__name__], "STACK", sharp)
    np.testing.assert_array_equal(priorseg.read_image(file, t=1), sharp[0, 0, 1])


def test_what_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(priorseg.Error, match=r"channel 'RFP' is asked for, but there are 2 \(GFP, DAPI\)"):
        priorseg.read_image(file, channel="RFP")
    with pytest.raises(priorseg.Error, match="slice 4 is asked for, but there are 3"):
        priorseg.read_image(file, z=4)


def test_description(file: Path) -> None:
    about = priorseg.describe_image(file)
    assert (about["frames"], about["slices"], about["channels"]) == (2, 3, 2)
    assert about["um_per_pixel"] == (0.25, 0.5)
    assert about["remarks"] == ["it holds 2 scenes, of which the first is taken"]


def test_without_bioio_a_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bioio", None)
    (tmp_path / "a.nd2").write_bytes(b"")
    with pytest.raises(priorseg.Error, match=r"a\.nd2: its format needs bioio; pip install bioio bioio-nd2"):
        priorseg.read_image(tmp_path / "a.nd2")
    with pytest.raises(priorseg.Error, match="there is no such file"):
        priorseg.read_image(tmp_path / "b.lif")
