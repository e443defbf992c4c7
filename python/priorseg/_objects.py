"""Writing the objects of a label map for other programs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from priorseg import _native
from priorseg._arrays import AnyArray, Image, Path, image_input, label_array


def write_objects(labels: AnyArray, image: Image, file: Path, form: str, *, scores: Sequence[float] = ()) -> None:
    """Write the objects of a label map in a form that another program reads.

    `Model.segment_files` writes them with ``save=...`` by itself; this is for label maps at hand, for instance
    ``result.labels``, or one that was corrected.

    Parameters
    ----------
    labels : array [H,W] of whole numbers
        0 = background. An object may have several parts, and numbers may be left out.
    image : path or array
        The image that was segmented: its pixels are measured, and its pixel size is kept.
    file : path
        What is written. A file that is there is replaced.
    form : {"rois", "geojson", "coco", "ctc", "cellpose"}
        Selections of ImageJ (``.zip``), detections of QuPath (``.geojson``), COCO (``.json``), a mask of the Cell
        Tracking Challenge (``.tif``), or what programs expect of Cellpose (``.tif``).
    scores : sequence of float, optional
        That of label l at index l - 1, as in ``result.scores``.

    Raises
    ------
    Error
        Where the sizes differ, the form is not known, or the file cannot be written.
    """
    _native.write_objects(
        label_array(labels, "the label map"), image_input(image, "the image"), form, os.fspath(file), list(scores)
    )
