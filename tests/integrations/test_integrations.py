"""What integrations/ gives to other programs, run by these programs where they can be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile
from local_slurm import local_slurm, missing_program

ROOT = Path(__file__).parents[2] / "integrations"
IMAGEJ = Path("/usr/share/java/ij.jar")


def wanted(name: str, where: str) -> str:
    """Path of a program that may be missing."""
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed ({where})")
    return path


def run(words: list[Any], **more: Any) -> str:
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def with_program(program: str, **more: str) -> dict[str, str]:
    return {**os.environ, "PRIORSEG": program, **more}


def labels_of(program: str, made: Path, folder: Path) -> npt.NDArray[Any]:
    """What the program itself finds in sim_000.tif."""
    words = [program, "segment", made / "images" / "sim_000.tif", "--model", made / "model.safetensors", "-q"]
    subprocess.run([*words, "-o", folder], check=False, capture_output=True)
    found: npt.NDArray[Any] = tifffile.imread(folder / "labels" / "sim_000.tif")
    return found


@pytest.mark.parametrize("before", [[], ["-Xutf8", "-W", "ignore", "-m", "cellpose"]])
def test_cellpose_launcher(before: list[str], program: str, made: Path, tmp_path: Path) -> None:
    words = [ROOT / "cellpose" / "cellpose", *before, "--dir", made / "images", "--pretrained_model", "cyto3"]
    words += ["--diameter", "18", "--save_png", "--no_npy", "--savedir", tmp_path / "masks"]
    said = run(words, env=with_program(program, PRIORSEG_MODEL=str(made / "model.safetensors")))
    # TrackMate's expression for the progress.
    assert re.search(r".+\s(\d*\.?\d*)%.+", said)
    assert sorted(file.name for file in (tmp_path / "masks").glob("*.png")) == [
        "sim_000_cp_masks.png",
        "sim_001_cp_masks.png",
    ]


def test_cellpose_launcher_tells_its_version(program: str) -> None:
    words = [ROOT / "cellpose" / "cellpose", "-m", "cellpose", "--version"]
    assert re.match(r"\d+\.\d+", run(words, env=with_program(program)))


def test_fiji_macro_shows_the_objects(program: str, made: Path, tmp_path: Path) -> None:
    if not IMAGEJ.exists():
        pytest.skip("ImageJ is not installed (Debian package imagej)")
    # ImageJ's list of selections needs a display, even where nobody sees it.
    display = [wanted("xvfb-run", "Debian package xvfb"), "-a"]
    wanted("xauth", "Debian package xauth")
    image = made / "images" / "sim_000.tif"
    arguments = f"{program};{made / 'model.safetensors'};{image};{tmp_path / 'seen.tif'}"
    java = [wanted("java", "Debian package default-jre"), f"-Djava.io.tmpdir={tmp_path}", f"-Duser.home={tmp_path}"]
    macro = ROOT / "fiji" / "Priorseg_Segment.ijm"
    said = run([*display, *java, "-cp", IMAGEJ, "ij.ImageJ", "-batch", macro, arguments], timeout=120)
    labels = labels_of(program, made, tmp_path / "out")
    assert f"priorseg: {labels.max()} objects" in said
    with tifffile.TiffFile(tmp_path / "seen.tif") as seen:
        assert seen.imagej_metadata is not None
        assert len(seen.imagej_metadata["Overlays"]) == labels.max()
        assert np.array_equal(seen.asarray(), tifffile.imread(image))


def slurm(program: str, task: int, tasks: int, words: list[Any], **more: str) -> str:
    """A job of an array as Slurm starts it."""
    variables = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_MIN": 1, "SLURM_ARRAY_TASK_COUNT": tasks}
    environment = with_program(program, **{name: str(value) for name, value in variables.items()}, **more)
    return run(["sh", ROOT / "slurm" / "segment_array.sh", *words], env=environment)


def in_one_go(program: str, made: Path, images: Path, folder: Path, *more: str) -> dict[str, bytes]:
    """What one job finds in images: the files that are to be the same however many jobs there are."""
    words = [program, "segment", images, "--model", made / "model.safetensors", "-q", "-o", folder, *more]
    subprocess.run([str(word) for word in words], check=False, capture_output=True)
    return results_in(folder)


def results_in(folder: Path) -> dict[str, bytes]:
    files = [*folder.glob("*.csv"), *folder.glob("labels/*"), *folder.glob("overlays/*"), *folder.glob("rois/*")]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def copies_of_images(made: Path, folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for index in range(count):
        shutil.copy(made / "images" / f"sim_00{index % 2}.tif", folder / f"image_{index}.tif")
    return folder


def test_slurm_jobs_share_the_images(program: str, made: Path, tmp_path: Path) -> None:
    words = [made / "images", made / "model.safetensors", tmp_path, "--save", "rois"]
    for task in (1, 2, 3):
        slurm(program, task, 3, words)
    found = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.glob("shard_*/labels/*.tif"))
    assert found == ["shard_1/labels/sim_000.tif", "shard_2/labels/sim_001.tif"]
    assert "1 images were finished before" in slurm(program, 2, 1, words, SHARDS="3")
    run(["sh", ROOT / "slurm" / "merge.sh", tmp_path], env=with_program(program))
    assert results_in(tmp_path / "merged") == in_one_go(
        program, made, made / "images", tmp_path / "one", "--save", "rois"
    )


def test_slurm_with_two_nodes_loses_nothing(program: str, made: Path, tmp_path: Path) -> None:
    if missing := missing_program():
        pytest.skip(f"{missing} is not installed (Debian packages slurm-wlm and munge)")
    images = copies_of_images(made, tmp_path / "images", 7)
    (tmp_path / "slurm").mkdir()
    variables = {"PRIORSEG": program, "SBATCH_OUTPUT": str(tmp_path / "job-%A_%a.log")}
    words = [images, made / "model.safetensors", tmp_path / "out"]
    with local_slurm(tmp_path / "slurm") as slurm:
        if isinstance(slurm, str):
            pytest.skip(slurm)
        job = slurm.submit("--array=1-4", ROOT / "slurm" / "segment_array.sh", *words, **variables)
        merge = slurm.submit(f"--dependency=afterany:{job}", ROOT / "slurm" / "merge.sh", tmp_path / "out", **variables)
        slurm.wait_for(merge)
        nodes = {slurm.node_of(f"{job}_{task}") for task in (1, 2, 3, 4)}
    logs = "".join(log.read_text() for log in tmp_path.glob("job-*.log"))
    assert nodes == {"one", "two"}, logs
    merged = results_in(tmp_path / "out" / "merged")
    assert len(merged) == 7 * 2 + 3, logs
    assert merged == in_one_go(program, made, images, tmp_path / "one")


def test_snakemake_runs_rule_and_wrapper(program: str, tiny_settings: list[str], made: Path, tmp_path: Path) -> None:
    snakemake = wanted("snakemake", "Debian package or PyPI")
    for index, plate in enumerate(("plate1", "plate2")):
        (tmp_path / "images" / plate).mkdir(parents=True)
        shutil.copy(made / "images" / f"sim_00{index}.tif", tmp_path / "images" / plate)
    words = [snakemake, "--cores", "1", "--snakefile", ROOT / "snakemake" / "Snakefile", "--directory", tmp_path]
    options = " ".join(tiny_settings)
    words += ["--config", f"program={program}", "size=14:24", f"train_options={options}", "save=rois"]
    run(words, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
    assert (tmp_path / "results" / "plate2" / "objects.csv").exists()
    assert (tmp_path / "results" / "plate1" / "rois" / "sim_000_rois.zip").exists()
    assert "Nothing to be done" in run(words, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})


def test_snakemake_goes_on_after_a_failed_job(
    program: str, tiny_settings: list[str], made: Path, tmp_path: Path
) -> None:
    snakemake = wanted("snakemake", "Debian package or PyPI")
    images = copies_of_images(made, tmp_path / "images" / "plate", 4)
    (tmp_path / "model").mkdir()
    broken, whole = images / "image_1.tif", (images / "image_1.tif").read_bytes()
    words = [snakemake, "--cores", "1", "--keep-going", "--snakefile", ROOT / "snakemake" / "Snakefile"]
    words += ["--directory", tmp_path, "--config", f"program={program}", "size=14:24", "shards=3"]
    words += [f"train_options={' '.join(tiny_settings)}"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    run([*words, "--until", "train"], cwd=tmp_path, env=environment)
    broken.write_bytes(b"this is no image")
    failed = subprocess.run([str(word) for word in words], cwd=tmp_path, env=environment, check=False, capture_output=True)
    assert failed.returncode != 0
    assert sorted(file.name for file in tmp_path.glob("shards/plate/*.done")) == ["1.done", "3.done"]
    first = tmp_path / "shards" / "plate" / "1" / "labels" / "image_0.tif"
    before = first.stat().st_mtime_ns
    broken.write_bytes(whole)
    for folder in (images, images.parent):  # a new file in a folder would make Snakemake start anew
        os.utime(folder, (1, 1))
    run(words, cwd=tmp_path, env=environment)
    assert first.stat().st_mtime_ns == before
    model = tmp_path / "model"
    assert results_in(tmp_path / "results" / "plate") == in_one_go(program, model, images, tmp_path / "one")


def test_planemo_finds_nothing_wrong(tmp_path: Path) -> None:
    planemo = wanted("planemo", "PyPI")
    words = [planemo, "--directory", tmp_path, "lint", "--fail_level", "warn"]
    run([*words, ROOT / "galaxy" / "priorseg_segment.xml"], env={**os.environ, "HOME": str(tmp_path)})


def test_galaxy_tool_gives_what_its_test_expects(program: str, tmp_path: Path) -> None:
    tool = xml.etree.ElementTree.parse(ROOT / "galaxy" / "priorseg_segment.xml").getroot()
    data = tmp_path / "test-data"
    run([ROOT / "galaxy" / "make_test_data.sh", data], env=with_program(program))
    files = [param.get("value", "") for param in tool.iter("param") if param.get("ftype")]
    assert sorted(files) == sorted(file.name for file in data.iterdir())
    words = [program, "segment", data / "image.tif", "--model", data / "model.safetensors", "--save", "rois", "-q"]
    assert subprocess.run([*words, "-o", tmp_path / "out"], check=False).returncode in (0, 3)
    made = [output.get("from_work_dir", "") for output in tool.iter("data")]
    assert [name for name in made if not (tmp_path / name).exists()] == ["out/geojson/image.geojson", "out/coco.json"]
    lines = (tmp_path / "out" / "objects.csv").read_text().splitlines()
    expected = [check.get("text", "") for check in tool.iter("has_text")]
    assert lines[0].startswith(expected[0]) and lines[1].startswith("image,1,")


@pytest.fixture(scope="module")
def of_cellprofiler(program: str, made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Rows of the objects that CellProfiler finds with the module, as it measures them, and as the program does."""
    cellprofiler = Path(wanted("cellprofiler", "PyPI; see integrations/cellprofiler/README.md"))
    folder = tmp_path_factory.mktemp("cellprofiler")
    pipeline, plugins = folder / "found.cppipe", ROOT / "cellprofiler"
    (folder / "out").mkdir()
    # Neither its Python's packages nor its settings are those of the tests.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"HOME": str(folder)}
    script = Path(__file__).parent / "cellprofiler_pipeline.py"
    words = [cellprofiler.resolve().parent / "python", "-B", script, pipeline, plugins, program]
    run([*words, made / "model.safetensors"], env=environment)
    words = [cellprofiler, "-c", "-r", "-p", pipeline, "-i", made / "images", "-o", folder / "out"]
    run([*words, "--plugins-directory", plugins], env=environment)
    theirs = pd.read_csv(folder / "out" / "MyExpt_Nuclei.csv").sort_values(["ImageNumber", "ObjectNumber"])
    words = [program, "segment", made / "images", "--model", made / "model.safetensors", "-q", "-o", folder / "ours"]
    subprocess.run([str(word) for word in words], check=False, capture_output=True)
    return theirs.reset_index(drop=True), pd.read_csv(folder / "ours" / "objects.csv")


def test_cellprofiler_finds_the_objects_of_the_program(of_cellprofiler: tuple[Any, Any]) -> None:
    theirs, ours = of_cellprofiler
    assert list(theirs["ObjectNumber"]) == list(ours["label"])
    assert list(theirs["AreaShape_Area"]) == list(ours["AreaShape_Area"])
    assert len(ours) > 0


def test_columns_with_names_of_cellprofiler_are_what_it_measures(of_cellprofiler: tuple[Any, Any]) -> None:
    theirs, ours = of_cellprofiler
    shared = [name for name in ours if name.startswith(("AreaShape_", "Location_")) and "_um" not in name]
    assert len(shared) == 22
    for name in shared:
        # The perimeter is Crofton's, where CellProfiler counts steps between pixels, which is longer.
        if name not in ("AreaShape_Perimeter", "AreaShape_FormFactor"):
            assert list(ours[name]) == pytest.approx(list(theirs[name]), rel=1e-6, abs=1e-6), name
    ratio = (theirs["AreaShape_Perimeter"] / ours["AreaShape_Perimeter"]).mean()
    assert 1 < ratio < 1.05


def test_nextflow_module(program: str, made: Path, tmp_path: Path) -> None:
    nextflow = wanted("nextflow", "it is in no Debian package")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "priorseg").symlink_to(program)
    path = f"{folder}:{os.environ['PATH']}"
    words = [nextflow, "run", ROOT / "nextflow" / "main.nf", "--images", made / "images", "--model"]
    environment = {**os.environ, "PATH": path, "HOME": str(tmp_path)}
    run([*words, made / "model.safetensors"], cwd=tmp_path, env=environment)
    (versions,) = tmp_path.glob("work/*/*/versions.yml")
    version = run([program, "--version"]).splitlines()[0]
    assert versions.read_text() == f'"PRIORSEG_SEGMENT":\n    priorseg: {version}\n'
    (found,) = tmp_path.glob("work/*/*/images/labels/sim_000.tif")
    assert np.array_equal(tifffile.imread(found), labels_of(program, made, tmp_path / "out"))
