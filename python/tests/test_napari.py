"""The napari plug-in in the real napari, on a screen in memory (Xvfb) drawn by Mesa's software.

Each test runs in a process of its own: napari keeps one application and many globals, and a crash of the drawing
library must not end the other tests.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import priorseg

missing = [name for name in ("napari", "PyQt6") if importlib.util.find_spec(name) is None]
if shutil.which("xvfb-run") is None:
    missing.append("xvfb-run")
pytestmark = pytest.mark.skipif(bool(missing), reason=f"the napari plug-in is not tested without {', '.join(missing)}")

REPOSITORY = Path(__file__).parents[2]
BEGINNING = """
    import sys, time
    import napari, numpy as np, pandas as pd
    from conftest import SIZE, TINY
    import priorseg

    def wait(condition, seconds=60):
        application = napari.qt.get_qapp()
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it took too long"
            application.processEvents()
            time.sleep(0.01)

    def docked(viewer, name):
        return viewer.window.add_plugin_dock_widget("priorseg", name)[1]

    viewer = napari.Viewer(show=False)
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip tells napari of the package: its entry points."""
    folder = tmp_path_factory.mktemp("installed")
    entry = [line for line in (REPOSITORY / "pyproject.toml").read_text().splitlines() if "napari.yaml" in line]
    assert len(entry) == 1
    about = folder / f"priorseg-{priorseg.__version__}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: priorseg\nVersion: {priorseg.__version__}\n")
    (about / "entry_points.txt").write_text("[napari.manifest]\n" + entry[0].replace('"', "") + "\n")
    return folder


def run_in_napari(lines: str, installed: Path, home: Path, *words: object) -> None:
    """Runs lines of Python that have a viewer, with `words` as sys.argv[1:]."""
    script = home / "script.py"
    script.write_text(textwrap.dedent(BEGINNING) + textwrap.dedent(lines) + "\nviewer.close()\n")
    package = Path(priorseg.__file__).parents[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (package, installed, Path(__file__).parent))),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "QT_API": "pyqt6",
        "NAPARI_ASYNC": "0",
    }
    command = ["xvfb-run", "-a", "-s", "-screen 0 1400x900x24", sys.executable, str(script), *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
    if "could not connect to display" in done.stderr or "Could not load the Qt platform plugin" in done.stderr:
        pytest.skip(f"Qt does not start here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def test_learns_and_segments_frames_of_any_type(installed: Path, tmp_path: Path) -> None:
    """The whole way by the buttons: sizes drawn, learned, cancelled and learned again, segmented with features."""
    lines = """
    frames = np.stack([image for image, _ in priorseg.simulate(3, size=SIZE, height=96, width=80)])
    layer = viewer.add_image(frames.astype(np.float64)[:, np.newaxis], name="film", scale=(1, 1, 0.5, 0.5))
    learn, segment = docked(viewer, "Learn"), docked(viewer, "Segment")
    assert learn.image.value is layer

    learn.draw.changed.emit(True)
    shapes = viewer.layers["sizes (priorseg)"]
    assert shapes.mode == "add_rectangle"
    for side in (14, 24):
        shapes.add_rectangles(np.array([[0, 0], [0, side], [side, side], [side, 0]]))
    assert (learn.smallest.value, learn.largest.value) == (14, 24), (learn.smallest.value, learn.largest.value)

    learn.settings = TINY
    learn.steps.value = 100000
    learn.job.begin_button.changed.emit(True)
    wait(lambda: "train" in learn.job.line.value)
    assert learn.job.cancel_button.enabled and not learn.job.begin_button.enabled
    learn.job.cancel_button.changed.emit(True)
    wait(lambda: not learn.job.is_running)
    assert learn.job.line.value == "cancelled", learn.job.line.value
    assert segment.model.choices == (None,)

    learn.steps.value = 60
    learn.file.value = sys.argv[1]
    learn.job.begin_button.changed.emit(True)
    wait(lambda: not learn.job.is_running)
    assert learn.job.line.value == "'film' is learned: objects of 14 to 24 px", learn.job.line.value
    assert priorseg.Model.load(sys.argv[1]).size == (14, 24)

    assert segment.model.value == "film"
    segment.image.value = layer
    segment.job.begin_button.changed.emit(True)
    wait(lambda: not segment.job.is_running)
    objects = viewer.layers["film objects"]
    assert objects.data.shape == frames[:, np.newaxis].shape and tuple(objects.scale) == tuple(layer.scale)
    model = priorseg.Model.load(sys.argv[1])
    results = [model.segment(frame.astype(np.float64)) for frame in frames]
    last = 0
    for frame, result in enumerate(results):
        expected = np.where(result.labels > 0, result.labels + last, 0)
        assert np.array_equal(objects.data[frame, 0], expected)
        rows = objects.features[objects.features["axis_0"] == frame]
        assert list(rows["index"]) == list(range(last + 1, last + 1 + len(result)))
        assert np.array_equal(rows["score"], result.scores)
        last += len(result)
    assert last > 5 and {"AreaShape_Area", "quality"} <= set(objects.features.columns)

    viewer.dims.set_current_step(0, 1)
    segment.shown_only.value = True
    segment.job.begin_button.changed.emit(True)
    wait(lambda: not segment.job.is_running)
    shown = viewer.layers["film objects [1]"].data
    assert not shown[0].any() and not shown[2].any()
    assert np.array_equal(shown[1, 0], results[1].labels)
    """
    run_in_napari(lines, installed, tmp_path, tmp_path / "model.safetensors")


def test_pictures_of_layers_of_any_kind(installed: Path, tmp_path: Path, model: priorseg.Model) -> None:
    lines = """
    import dask.array
    from napari.layers import Image
    from priorseg.napari._segment import segmented
    from priorseg.napari._pictures import places, place_shown

    model = priorseg.Model.load(sys.argv[1])
    picture = priorseg.simulate(1, size=SIZE, height=96, width=80)[0][0]
    expected = model.segment(picture.astype(np.float32)).labels
    tell = lambda progress: None
    for kind in ("uint8", "uint16", "int64", "float16", "float32", "float64", ">u2"):
        values = (picture % 256 if kind == "uint8" else picture).astype(kind)
        labels = segmented(Image(values, rgb=False), model, [()], tell)[0]
        assert np.array_equal(labels, model.segment(values).labels), kind
    lazy = dask.array.from_array(picture.astype(np.float32), chunks=50)
    assert np.array_equal(segmented(Image(lazy), model, [()], tell)[0], expected)
    pyramid = Image([picture.astype(np.float32), picture[::2, ::2].astype(np.float32)], multiscale=True)
    assert np.array_equal(segmented(pyramid, model, [()], tell)[0], expected)
    colours = np.repeat((picture // 256).astype(np.uint8)[..., np.newaxis], 4, -1)
    labels = segmented(Image(colours, rgb=True), model, [()], tell)[0]
    assert np.array_equal(labels, model.segment(colours[..., :3]).labels)
    assert segmented(Image(picture > picture.mean()), model, [()], tell)[0].shape == picture.shape
    stack = Image(np.zeros((2, 3, 8, 8)))
    assert places(stack) == [(t, z) for t in range(2) for z in range(3)]
    assert place_shown(stack, (1, 2, 4, 4)) == (1, 2)
    assert place_shown(Image(np.zeros((3, 8, 8))), (5, 2, 4, 4)) == (2,)
    """
    file = tmp_path / "model.safetensors"
    model.save(file)
    run_in_napari(lines, installed, tmp_path, file)


def test_opens_what_priorseg_wrote(
    installed: Path, tmp_path: Path, model: priorseg.Model, image_folder: Path
) -> None:
    """Folders and label maps become Labels with features; TIFFs of others stay images."""
    lines = """
    import tifffile
    from napari.settings import get_settings
    from pathlib import Path
    folder, images = Path(sys.argv[1]), Path(sys.argv[2])
    table = pd.read_csv(folder / "objects.csv")

    opened = viewer.open(folder, plugin="priorseg")
    raw, objects = opened
    assert raw.data.shape == objects.data.shape == (3, 96, 80)
    assert objects._type_string == "labels" and len(objects.features) == len(table)
    last = 0
    for number, file in enumerate(sorted((folder / "labels").iterdir())):
        labels = tifffile.imread(file).astype(int)
        assert np.array_equal(np.asarray(objects.data[number]), np.where(labels > 0, labels + last, 0))
        assert np.array_equal(np.asarray(raw.data[number]), tifffile.imread(images / file.name))
        last += int(labels.max())
    assert list(objects.features["index"]) == list(range(1, last + 1))

    # As dropped, once napari knows who opens TIFFs.
    get_settings().plugins.extension2reader = {"*.tif": "priorseg"}
    one = sorted((folder / "labels").iterdir())[0]
    raw, objects = viewer.open(one, plugin=None)
    assert objects._type_string == "labels" and raw._type_string == "image"
    assert np.array_equal(objects.features["score"], table[table["image"] == one.stem]["score"])
    alone = Path(sys.argv[3]) / "elsewhere.tif"
    alone.write_bytes(one.read_bytes())
    [objects] = viewer.open(alone, plugin=None)
    assert objects._type_string == "labels"
    [picture] = viewer.open(images / one.name, plugin=None)
    assert picture._type_string == "image"

    [nuclei, truth] = viewer.open_sample("priorseg", "nuclei")
    assert truth._type_string == "labels" and truth.data.max() > 5
    [film] = viewer.open_sample("priorseg", "film")
    assert film.data.shape == (4, 256, 320)
    """
    model.segment_files(image_folder / "images", image_folder / "out", progress=False)
    run_in_napari(lines, installed, tmp_path, image_folder / "out", image_folder / "images", tmp_path)
