"""Scores and simulated images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import priorseg


def test_the_truth_scores_one_and_nothing_scores_zero(
    simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]],
) -> None:
    truth = [labels for _, labels in simulated]
    assert priorseg.evaluate(truth, truth)["averaged"]["mAP_0.3_0.9"] == 1
    assert priorseg.evaluate(truth[0], truth[0])["averaged"]["mAP_0.3_0.9"] == 1
    assert priorseg.evaluate(np.zeros_like(truth[0]), truth[0])["averaged"]["mAP_0.3_0.9"] == 0


def test_files_score_like_arrays(
    simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]], image_folder: Path, model: priorseg.Model
) -> None:
    maps = [model.segment(image).labels for image, _ in simulated]
    of_arrays = priorseg.evaluate(maps, [labels for _, labels in simulated])
    result = model.segment_files(image_folder / "images", image_folder / "out", progress=False)
    of_files = priorseg.evaluate(result.folder, image_folder / "labels")
    assert of_files["averaged"] == of_arrays["averaged"]
    assert of_files["pooled"] == of_arrays["pooled"]


def test_what_cannot_be_compared_is_told(image_folder: Path) -> None:
    labels = np.zeros((9, 9), int)
    with pytest.raises(ValueError, match=r"\[9, 9\] and its truth \[8, 9\]"):
        priorseg.evaluate(labels, labels[:-1])
    with pytest.raises(ValueError, match="1 predicted and 2 true"):
        priorseg.evaluate([labels], [labels, labels])
    with pytest.raises(ValueError, match="expected both of one kind"):
        priorseg.evaluate(image_folder / "labels", labels)
    with pytest.raises(priorseg.Error):
        priorseg.evaluate(image_folder / "labels", image_folder / "nowhere")


def test_simulated_images_repeat_by_seed() -> None:
    (image, labels), other = priorseg.simulate(2, size=(14, 24), height=64, width=72, seed=5)
    assert (image.dtype, image.shape, labels.dtype) == (np.uint16, (64, 72), np.int32)
    assert labels.max() > 0
    assert not np.array_equal(image, other[0])
    again = priorseg.simulate(1, size=(14, 24), height=64, width=72, seed=5)[0]
    assert np.array_equal(again[0], image)
    assert priorseg.simulate(preset="phase", height=64, width=72)[0][0].dtype == np.uint8
    with pytest.raises(priorseg.Error, match="preset"):
        priorseg.simulate(preset="cats")
