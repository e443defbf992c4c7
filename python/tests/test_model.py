"""Training, segmenting and what a model is besides."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile
from conftest import SIZE, TINY

import priorseg


def test_labels_and_table_tell_the_same_objects(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    result = model.segment(images[0])
    assert result.labels.dtype == np.int32
    assert result.labels.shape == images[0].shape
    numbers, areas = np.unique(result.labels[result.labels > 0], return_counts=True)
    assert len(result) > 0
    assert list(result.objects["label"]) == list(numbers)
    assert list(result.objects["AreaShape_Area"]) == list(areas)
    assert result.scores.shape == (len(result),)
    assert ((result.qualities > 0) & (result.qualities < 1)).all()
    brightest = images[0][result.labels == 1].max()
    assert result.objects["Intensity_MaxIntensity"][0] == brightest


def test_label_maps_and_tables_are_those_of_the_command(
    model: priorseg.Model, image_folder: Path, tmp_path: Path, command: Callable[..., None]
) -> None:
    model.save(tmp_path / "model.safetensors")
    command("segment", image_folder / "images", "--model", tmp_path / "model.safetensors", "-o", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "objects.csv")
    for file in sorted((image_folder / "images").iterdir()):
        expected = tifffile.imread(tmp_path / "out" / "labels" / file.name)
        for image in (file, tifffile.imread(file)):
            result = model.segment(image)
            assert np.array_equal(result.labels, expected)
            rows = table[table["image"] == file.stem].drop(columns="image").reset_index(drop=True)
            pd.testing.assert_frame_equal(result.objects, rows, check_dtype=False, rtol=1e-8)


def test_training_is_that_of_the_command(
    image_folder: Path, tmp_path: Path, command: Callable[..., None]
) -> None:
    priorseg.set_num_threads(1)
    try:
        ours = priorseg.train(image_folder / "images", size=SIZE, settings=TINY, progress=False)
        in_memory = priorseg.train(
            [tifffile.imread(file) for file in sorted((image_folder / "images").iterdir())],
            size=SIZE,
            settings=TINY,
            progress=False,
        )
    finally:
        priorseg.set_num_threads(len(os.sched_getaffinity(0)))
    (tmp_path / "settings.json").write_text(priorseg._settings.as_json(TINY))
    command("run", image_folder / "images", "--config", tmp_path / "settings.json", "--size",
            f"{SIZE[0]}:{SIZE[1]}", "--threads", 1, "-o", tmp_path / "out")  # fmt: skip
    ours.save(tmp_path / "ours.safetensors")
    in_memory.save(tmp_path / "in_memory.safetensors")
    expected = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert (tmp_path / "ours.safetensors").read_bytes() == expected
    assert (tmp_path / "in_memory.safetensors").read_bytes() == expected


def test_what_is_left_out_is_told(
    model: priorseg.Model, images: list[npt.NDArray[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    assert model.segment(images[0]).left_out == ""
    padded = images[0].copy()
    padded[:, :20] = 0
    assert "padding" in model.segment(padded).left_out
    model.segment(images[0], presence=1.0)  # nothing is found
    assert "hardly anything was found" in caplog.text


def test_the_verdict_has_reasons(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    result = model.segment(images[0])
    assert result.verdict in ("good", "look at these", "do not trust")
    assert (result.reasons == ()) == (result.verdict == "good")
    assert 0 <= result.agreement <= 1
    nothing = model.segment(images[0], presence=1.0)
    assert nothing.verdict == "do not trust"
    assert "nothing was found" in nothing.reasons[0]


def test_inference_settings_belong_to_the_call(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    before = model.segment(images[0]).labels
    assert len(model.segment(images[0], presence=1.0)) == 0
    tight, wide = (model.segment(images[0], mask_threshold=level).labels > 0 for level in (0.8, 0.2))
    assert tight.sum() < wide.sum()
    assert np.array_equal(model.segment(images[0]).labels, before)
    with pytest.raises(priorseg.Error, match="'presense' is not known"):
        model.segment(images[0], presense=0.5)
    with pytest.raises(priorseg.Error, match="presence"):
        model.segment(images[0], presence=2)


def test_models_survive_files_and_pickle(
    model: priorseg.Model, images: list[npt.NDArray[Any]], tmp_path: Path
) -> None:
    model.save(tmp_path / "model.safetensors")
    expected = model.segment(images[1]).labels
    for copy in (priorseg.Model.load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(copy.segment(images[1]).labels, expected)
        assert copy.settings == model.settings
        assert repr(copy) == repr(model)
    assert model.size == SIZE
    assert model.trained_steps == 74
    assert model.device == "cpu"


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(priorseg.Error, match="model.safetensors"):
        priorseg.Model.load(tmp_path / "model.safetensors")
    with pytest.raises(priorseg.Error, match="device"):
        priorseg.Model.load(tmp_path / "model.safetensors", device="abacus")


def test_many_threads_share_a_model(model: priorseg.Model, images: list[npt.NDArray[Any]]) -> None:
    expected = [model.segment(image).labels for image in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            for labels, result in zip(expected, pool.map(model.segment, images)):
                assert np.array_equal(result.labels, labels)


def test_the_interpreter_is_free_while_segmenting(model: priorseg.Model) -> None:
    image = np.random.default_rng(1).normal(100, 5, (2048, 2048)).astype(np.float32)
    worker = threading.Thread(target=model.segment, args=(image,))
    worker.start()
    ticks = 0
    while worker.is_alive():
        time.sleep(0.001)
        ticks += 1
    assert ticks > 5


def test_files_go_into_an_output_folder(model: priorseg.Model, image_folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_text("no image")
    result = model.segment_files([image_folder / "images", broken], tmp_path / "out", progress=False)
    assert list(result.failures) == ["broken.tif"]
    assert set(result.objects["image"]) <= {"sim_000", "sim_001", "sim_002"}
    for name in ("report.html", "objects.csv", "labels/sim_000.tif", "overlays/sim_002.png"):
        assert (tmp_path / "out" / name).exists(), name
    labels = tifffile.imread(tmp_path / "out" / "labels" / "sim_001.tif")
    assert np.array_equal(labels, model.segment(image_folder / "images" / "sim_001.tif").labels)
    again = model.segment_files(image_folder / "images", tmp_path / "out", resume=True, progress=False)
    pd.testing.assert_frame_equal(again.objects, result.objects)


def test_outlines_are_fitted_to_an_annotated_image(
    model: priorseg.Model, images: list[npt.NDArray[Any]], tmp_path: Path
) -> None:
    annotated = model.segment(images[0], mask_threshold=0.7).labels
    tifffile.imwrite(tmp_path / "image.tif", images[0])
    tifffile.imwrite(tmp_path / "labels.tif", annotated.astype(np.uint16))
    for pair in ((images[0], annotated), (tmp_path / "image.tif", tmp_path / "labels.tif")):
        calibrated = model.calibrate([pair], progress=False)
        assert calibrated.settings["inference"]["mask_threshold"] == pytest.approx(0.7)
    assert model.settings["inference"]["mask_threshold"] == 0.5
    with pytest.raises(priorseg.Error, match="expected the same size"):
        model.calibrate([(images[0], annotated[:-1])], progress=False)


def test_shapes_are_learned_from_an_annotated_image(
    simulated: list[tuple[npt.NDArray[Any], npt.NDArray[np.int32]]],
) -> None:
    images = [image for image, _ in simulated]
    model = priorseg.train(images, size=SIZE, annotated=simulated[:1], settings=TINY, progress=False)
    assert model.prior.origin.startswith("learned from")
    with pytest.raises(ValueError, match="expected one of them"):
        priorseg.train(images, annotated=simulated[:1], prior=model.prior)


def test_progress_and_messages_are_told(
    images: list[npt.NDArray[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    states: list[priorseg.Progress] = []
    with caplog.at_level("INFO", "priorseg"):
        priorseg.train(images, settings=TINY, progress=states.append, detector__training__steps=5)
    assert {"train prior", "train detector", "learn from finds"} <= {state.stage for state in states}
    assert any("loss" in state.values for state in states)
    assert all(0 <= state.done <= state.total for state in states)
    assert "sizes estimated from 3 images" in caplog.text


def test_an_exception_of_the_listener_ends_the_training(images: list[npt.NDArray[Any]]) -> None:
    def listen(state: priorseg.Progress) -> None:
        raise LookupError(state.stage)

    with pytest.raises(LookupError):
        priorseg.train(images, size=SIZE, settings=TINY, progress=listen)


def test_ctrl_c_ends_a_training_that_goes_on_to_the_same_bits(
    images: list[npt.NDArray[Any]], tmp_path: Path
) -> None:
    def train(folder: Path, progress: Any = False) -> bytes:
        priorseg.train(images, size=SIZE, settings=TINY, folder=folder, progress=progress)
        return (folder / "model.safetensors").read_bytes()

    def interrupt(state: priorseg.Progress) -> None:
        if state.stage == "train detector":
            os.kill(os.getpid(), signal.SIGINT)

    priorseg.set_num_threads(1)
    try:
        undisturbed = train(tmp_path / "undisturbed")
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "interrupted", interrupt)
        assert time.monotonic() - start < 60
        assert not (tmp_path / "interrupted" / "model.safetensors").exists()
        assert train(tmp_path / "interrupted") == undisturbed
    finally:
        priorseg.set_num_threads(len(os.sched_getaffinity(0)))


def test_ctrl_c_ends_segmenting(model: priorseg.Model) -> None:
    image = np.random.default_rng(1).normal(100, 5, (2000, 2000)).astype(np.float32)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(100):
            model.segment(image)


@pytest.mark.parametrize("size", [(5,), (0, 10), (20, 10), "small"])
def test_wrong_sizes_are_told(images: list[npt.NDArray[Any]], size: Any) -> None:
    with pytest.raises(ValueError, match="size is"):
        priorseg.train(images, size=size)


def test_sizes_are_estimated(images: list[npt.NDArray[Any]], image_folder: Path) -> None:
    smallest, largest = priorseg.estimate_size(images)
    assert 5 < smallest < largest < 60
    assert priorseg.estimate_size(image_folder / "images") == (smallest, largest)
    with pytest.raises(priorseg.Error):
        priorseg.estimate_size(np.zeros((64, 64), np.uint8))


def test_dark_objects_are_found_where_the_call_says_so(
    model: priorseg.Model, images: list[npt.NDArray[Any]]
) -> None:
    pixels = images[0].astype(np.float32)
    bright, dark = model.segment(pixels), model.segment(-pixels, polarity="dark")
    assert len(bright) > 0
    assert np.array_equal(bright.labels, dark.labels)


def test_training_takes_channel_and_polarity(images: list[npt.NDArray[Any]]) -> None:
    coloured = [np.stack([image, image // 4, image // 8], axis=-1) for image in images]
    given = priorseg.train(coloured, size=SIZE, channel=1, polarity="dark", settings=TINY, progress=False)
    assert given.settings["planes"]["channel"] == "1"
    assert given.settings["intensity"]["polarity"] == "dark"
    chosen = priorseg.train(images, size=SIZE, settings=TINY, progress=False)
    assert chosen.settings["intensity"]["channel"] == "grey"
    assert chosen.settings["intensity"]["polarity"] == "bright"
    named = priorseg.train(coloured, size=SIZE, channel="red", settings=TINY, progress=False)
    assert named.settings["intensity"]["channel"] == "red"
    with pytest.raises(priorseg.Error, match="none of the 3 training images"):
        priorseg.train(coloured, size=SIZE, channel=4, settings=TINY, progress=False)


def test_an_image_of_the_other_polarity_is_told(
    model: priorseg.Model, images: list[npt.NDArray[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    pixels = images[0].astype(np.float32)
    model.segment(pixels)
    assert caplog.text == ""
    model.segment(-pixels)
    # Which of the two depends on how many objects the model finds in the inverted image.
    assert "give the other polarity" in caplog.text or "found in the inverted image" in caplog.text
