"""CellProfiler plug-in: finds objects with priorseg. Put this file into the folder of plug-ins (Preferences)."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import skimage.io
from cellprofiler_core.module.image_segmentation import ImageSegmentation
from cellprofiler_core.setting.text import Text

__doc__ = """\
RunPriorseg
===========

**RunPriorseg** finds and outlines every cell, nucleus or particle with a model that priorseg has learned from your
images without annotations (``priorseg run IMAGES -o out`` writes ``out/model.safetensors``).

============ ============ ===============
Supports 2D? Supports 3D? Respects masks?
============ ============ ===============
YES          NO           NO
============ ============ ===============
"""

DONE_BUT_NOT_TO_BE_TRUSTED = 3


def find_objects(pixels, program, model, options):
    """The label map that the program writes for an image."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "image.tif")
        # CellProfiler's values go from 0 to 1, whatever the file's.
        skimage.io.imsave(image, np.asarray(pixels, np.float32), check_contrast=False)
        words = [program, "segment", image, "--model", model, "-o", Path(folder, "out"), "-q", *options.split()]
        done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True)
        if done.returncode not in (0, DONE_BUT_NOT_TO_BE_TRUSTED):
            raise RuntimeError(f"priorseg ended with {done.returncode}: {done.stderr}")
        return skimage.io.imread(Path(folder, "out", "labels", "image.tif")).astype(np.int32)


class RunPriorseg(ImageSegmentation):
    category = "Object Processing"
    module_name = "RunPriorseg"
    variable_revision_number = 1

    def create_settings(self):
        super().create_settings()
        self.program = Text("Program", "priorseg", doc="The command priorseg, or where it lies.")
        self.model = Text("Model", "model.safetensors", doc="From 'priorseg run' or 'priorseg train'.")
        self.options = Text("Further options", "", doc="Further words of 'priorseg segment', e.g. --presence 0.4")
        self.function = find_objects  # Module sets it to None, so that a method of this name is never called

    def settings(self):
        return [*super().settings(), self.program, self.model, self.options]

    visible_settings = settings

    def volumetric(self):
        return False
