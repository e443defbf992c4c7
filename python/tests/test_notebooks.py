"""The notebooks run from top to bottom, with less training."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
FEWER_STEPS = """fewer_steps = {
    "prior__steps": 30,
    "detector__training__steps": 30,
    "detector__self_training__steps": 10,
    "detector__self_training__max_images": 2,
    "detector__self_training__refine_steps": 2,
    "prior_masks": 200,
}"""


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first_segmentation", "measurements", "one_annotated_image"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    parameters = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    parameters[0].source = FEWER_STEPS
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert cell.cell_type != "code" or not cell.outputs
