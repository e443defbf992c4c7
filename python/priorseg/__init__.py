"""Finds and outlines every cell, nucleus or particle in microscopy images, without annotations.

>>> import priorseg
>>> model = priorseg.train("images/", size=(18, 56))
>>> result = model.segment("images/a01.tif")
>>> result.labels, result.objects, result.scores
"""

from priorseg._waiting import short_spins

with short_spins():
    from priorseg import _native  # noqa: F401  (what follows finds it loaded)

from priorseg._evaluation import evaluate, simulate
from priorseg._model import Model, estimate_size, train
from priorseg._native import Error, num_threads, set_num_threads, torch_version
from priorseg._native import version as _version
from priorseg._objects import write_objects
from priorseg._planes import describe_image, read_image
from priorseg._prior import Prior
from priorseg._progress import Progress
from priorseg._segmentation import Segmentation, SegmentedFiles
from priorseg._settings import settings, settings_schema
from priorseg._tables import write_parquet

Error.__module__ = "priorseg"  # what users read, and pickle looks up
__version__: str = _version()
__all__ = [
    "Error",
    "Model",
    "Prior",
    "Progress",
    "Segmentation",
    "SegmentedFiles",
    "__version__",
    "describe_image",
    "estimate_size",
    "evaluate",
    "num_threads",
    "read_image",
    "set_num_threads",
    "settings",
    "settings_schema",
    "simulate",
    "torch_version",
    "train",
    "write_objects",
    "write_parquet",
]
