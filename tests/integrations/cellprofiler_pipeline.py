"""Writes a pipeline of CellProfiler that finds and measures objects; run by the Python that CellProfiler lies in.

usage: cellprofiler_pipeline.py FILE PLUGINS PROGRAM MODEL
"""

import sys
from pathlib import Path

from cellprofiler_core import preferences

preferences.set_headless()  # before modules are loaded: without it they ask for wxPython

from cellprofiler_core.pipeline import Pipeline  # noqa: E402
from cellprofiler_core.utilities.core.modules import fill_modules, instantiate_module  # noqa: E402

INPUT = ["Images", "Metadata", "NamesAndTypes", "Groups"]
MODULES = [*INPUT, "RunPriorseg", "MeasureObjectSizeShape", "ExportToSpreadsheet"]


def main() -> None:
    file, plugins, program, model = sys.argv[1:]
    preferences.set_plugin_directory(plugins)
    fill_modules()
    chosen = {
        "RunPriorseg": {
            "Select the input image": "DNA",  # as NamesAndTypes calls it by itself
            "Name the output object": "Nuclei",
            "Program": program,
            "Model": model,
        },
        "MeasureObjectSizeShape": {"Select object sets to measure": "Nuclei"},
    }
    pipeline = Pipeline()
    for number, name in enumerate(MODULES, 1):
        module = instantiate_module(name)
        module.set_module_num(number)
        module.show_window = False
        for setting in module.settings():
            if setting.text in chosen.get(name, {}):
                setting.value = chosen[name][setting.text]
        pipeline.add_module(module)
    with Path(file).open("w") as written:
        pipeline.dump(written)


main()
