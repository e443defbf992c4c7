"""The examples of the pages on inputs and outputs run as they are printed, on files that are made for them."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import SIZE, TINY
from page_examples import Block, blocks_of, is_said

USER_PAGES = Path(__file__).parents[2] / "docs" / "user"
INPUTS, OUTPUTS = blocks_of(USER_PAGES / "inputs.md"), blocks_of(USER_PAGES / "outputs.md")
MAY_BE_GONE = re.compile(r"while the training runs|when a training was stopped")


def named(page: str, blocks: list[Block]) -> list[Any]:
    return [pytest.param(block, id=f"{page}:{block.line}") for block in blocks]


ALL = named("inputs.md", INPUTS) + named("outputs.md", OUTPUTS)
SHELL = [one for one in ALL if one.values[0].is_shell()]
PYTHON = [one for one in ALL if one.values[0].language == "python"]


def only(begins: str) -> Block:
    """The one block of outputs.md that begins so."""
    (block,) = [block for block in OUTPUTS if block.text.startswith(begins)]
    return block


def say(program: Path, command: str, place: Path) -> tuple[int, str]:
    """Exit code of a line of a shell in which the program is called priorseg, and what it says."""
    bin_folder = place / "bin"
    if not bin_folder.exists():
        bin_folder.mkdir()
        (bin_folder / "priorseg").symlink_to(program.resolve())
    environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=place, env=environment, check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def tree_of(block: Block) -> tuple[list[str], list[str]]:
    """Files that a drawn folder promises, and those that may be there."""
    promised: list[str] = []
    possible: list[str] = []
    for line in block.text.splitlines()[1:]:
        name, _, meaning = line.lstrip("├└─│ ").partition(" ")
        (possible if MAY_BE_GONE.search(meaning) else promised).append(name)
    return promised, possible


@pytest.mark.parametrize("block", SHELL)
def test_commands_run_and_say_what_is_printed(block: Block, program: Path, place: Path) -> None:
    for command, messages in block.commands():
        code, said = say(program, command, place)
        is_error = any("priorseg: error: " in message for message in messages)
        # 3: done, but what such a model finds is not to be trusted.
        assert code in ([1] if is_error else [0, 3]), said
        for message in messages:
            assert is_said(message, said), f"{message}\nis not in\n{said}"


def test_every_block_of_the_pages_is_run_or_compared() -> None:
    begins = ("out/\n", "results/\n", "priorseg record 1\n", '{\n "runs"', '{"index"')
    compared = {only(words).line for words in begins}
    drawn_or_run = {block.line for block in OUTPUTS if block.is_shell() or block.language == "python"}
    assert {block.line for block in OUTPUTS} == compared | drawn_or_run
    assert all(block.is_shell() or block.language == "python" for block in INPUTS)


def test_a_run_writes_the_files_that_are_drawn(workshop: Path) -> None:
    promised, possible = tree_of(only("out/\n"))
    out = workshop / "out"
    # Pages tell of a training of usual length: this one ends before the first preview.
    promised = [name for name in promised if not name.startswith("previews/")]
    assert len(promised) >= 13
    assert len(possible) == 2
    for name in promised:
        assert list(out.glob(name.replace("<image>", "*"))), f"{name} is promised and not there"
    for name in possible:
        assert not (out / name).exists(), name
    assert {file.name for file in out.iterdir()} <= {name.split("/")[0] for name in promised} | {"previews"}


def test_linking_writes_the_files_that_are_drawn(program: Path, place: Path) -> None:
    command = "priorseg segment 01 --model out/model.safetensors --link -o results"
    assert f"`{command}`" in (USER_PAGES / "outputs.md").read_text(encoding="utf-8")
    code, said = say(program, command, place)
    assert code in (0, 3), said
    promised, _ = tree_of(only("results/\n"))
    assert len(promised) == 3
    for name in promised:
        assert (place / "results" / name).exists(), name
    columns = next(line for line in only("results/\n").text.splitlines() if "tracks.csv" in line)
    header = (place / "results" / "tracks.csv").read_text().splitlines()[0]
    assert ", ".join(header.split(",")) + ":" in columns


def test_forms_lie_where_the_table_says(program: Path, place: Path) -> None:
    text = (USER_PAGES / "outputs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` \| `([^`]+)` \|", text[text.index("| name | file | for |") :], re.MULTILINE)
    assert len(rows) == 8
    forms = ",".join(name for name, _ in rows)
    command = f"priorseg segment 01/t000.tif --model out/model.safetensors --save {forms} -o results"
    code, said = say(program, command, place)
    assert code in (0, 3), said
    for _, file in rows:
        assert (place / "results" / file.replace("<image>", "t000")).exists(), file


def test_the_record_has_the_lines_that_are_shown(workshop: Path) -> None:
    shown = only("priorseg record 1\n").text.splitlines()
    kinds = {line.split()[0]: len(re.split(r" {2,}| \w+ is | it is ", line)[0].split()) for line in shown}
    assert list(kinds) == ["priorseg", "wrote", "finished", "open"]
    lines = (workshop / "out" / ".priorseg" / "files").read_text().splitlines()
    assert lines[0] == shown[0]
    for line in lines:
        assert line.split()[0] in kinds, line
    finished = [line.split() for line in lines if line.startswith("finished ")]
    for _, _, size, image in finished:
        assert (workshop / "out" / "labels" / f"{image}.tif").stat().st_size == int(size)
    assert len(finished) == 3


def test_provenance_is_built_as_it_is_shown(workshop: Path) -> None:
    shown = json.loads(only('{\n "runs"').text)["runs"][0]
    written = json.loads((workshop / "out" / "provenance.json").read_text())["runs"][0]
    assert list(written) == list(shown)
    assert shown["settings"].keys() <= written["settings"].keys()
    assert re.sub(r"[0-9a-f]", "x", written["model"]) == re.sub(r"[0-9a-f]", "x", shown["model"])
    assert written["program"].split()[0] == shown["program"].split()[0]


def test_lines_of_the_manifest_are_built_as_they_are_shown(program: Path, place: Path) -> None:
    done, failed = only('{"index"').text.splitlines()
    (place / "images" / "a02.tif").write_bytes(b"this is no image")
    (place / "images" / "a03.tif").unlink()
    say(program, "priorseg segment images --model model.safetensors -o results", place)
    written = [json.loads(line) for line in (place / "results" / "manifest.jsonl").read_text().splitlines()]
    for example, line in zip((done, failed), written, strict=True):
        shown = re.findall(r'"(\w+)":', example)
        assert [name for name in line if name in shown] == shown
        assert f'"state":"{line["state"]}"' in example


@pytest.mark.parametrize("block", PYTHON)
def test_python_runs(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    priorseg = pytest.importorskip("priorseg", reason="the Python package is not built")
    monkeypatch.chdir(place)
    quick = functools.partial(priorseg.train, size=SIZE, settings=TINY, progress=False)
    monkeypatch.setattr(priorseg, "train", quick)
    values: dict[str, Any] = {"priorseg": priorseg, "files": sorted((place / "scans").iterdir())}
    if "napari" in block.text:
        napari = pytest.importorskip("napari", reason="napari is not installed")
        monkeypatch.setattr(napari, "Viewer", napari.components.ViewerModel)  # needs no screen
        monkeypatch.setattr(napari, "run", lambda: None)
    exec(compile(block.text, f"line {block.line}", "exec"), values)
    if "write_objects" in block.text:
        assert (place / "a01_rois.zip").exists()
    if "rows" in values:
        assert len(values["rows"]) > 0
    if "viewer" in values:
        assert len(values["viewer"].layers) == 2
