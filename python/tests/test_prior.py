"""Shape priors."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import SIZE, TINY

import priorseg

FEW = {"prior_masks": 64, "prior": {"steps": 20, "batch_size": 16}}


def test_it_draws_masks_that_its_seed_repeats(tmp_path: Path) -> None:
    prior = priorseg.Prior.synthetic(settings=FEW, progress=False)
    masks = prior.sample(5, seed=3)
    assert masks.dtype == np.float32
    assert masks.shape == (5, *prior.examples.shape[1:])
    assert 0 <= masks.min() <= masks.max() <= 1
    assert np.array_equal(prior.sample(5, seed=3), masks)
    prior.save(tmp_path / "prior.safetensors")
    for copy in (priorseg.Prior.load(tmp_path / "prior.safetensors"), pickle.loads(pickle.dumps(prior))):
        assert np.array_equal(copy.sample(5, seed=3), masks)
        assert copy.settings == prior.settings
    with pytest.raises(ValueError, match="count is 0"):
        prior.sample(0)


def test_it_learns_from_files_and_arrays_alike(
    simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]], image_folder: Path
) -> None:
    of_file = priorseg.Prior.learn(image_folder / "labels" / "sim_000.tif", settings=FEW, progress=False)
    of_array = priorseg.Prior.learn(simulated[0][1], settings=FEW, progress=False)
    assert np.array_equal(of_file.sample(4), of_array.sample(4))
    assert of_file.reconstruction_iou == of_array.reconstruction_iou > 0


def test_a_map_without_an_object_is_told() -> None:
    with pytest.raises(priorseg.Error, match="holds no whole object"):
        priorseg.Prior.learn(np.zeros((64, 64), int), settings=FEW, progress=False)


def test_a_training_takes_it(images: list[npt.NDArray[Any]]) -> None:
    prior = priorseg.Prior.synthetic(settings=TINY, progress=False)
    model = priorseg.train(images, size=SIZE, prior=prior, settings=TINY, progress=False)
    assert np.array_equal(model.prior.sample(3), prior.sample(3))
