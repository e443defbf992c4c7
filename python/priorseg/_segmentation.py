"""What was found in images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What was found in one image.

    Attributes
    ----------
    labels : ndarray of int32, [H,W]
        0 = background, objects 1, 2, ... without a gap.
    objects : pandas.DataFrame
        One row an object, by label: the columns of the command's ``objects.csv``. Lengths in pixels, positions
        from the centre of the first pixel, intensities as in the image.
    left_out : str
        Artefacts that count as no picture, e.g. ``"3.1 % padding"``; empty where there are none.
    explained : float
        Share of what stands out of the image that lies in an object, in [0,1]; NaN where nothing stands out, and
        for images of more than 16 megapixels.
    supported : float
        Share of the objects' pixels that stand out, in [0,1]; NaN without objects, and for such large images.
    agreement : float
        Share of what stands alone and has the shape of one object that is outlined as one object, in [0,1]; NaN
        where nothing stands alone, and for such large images.
    verdict : str
        ``"good"``, ``"look at these"`` or ``"do not trust"``.
    reasons : tuple of str
        Why the verdict is not better, the weightiest reason first.
    """

    labels: npt.NDArray[np.int32]
    objects: pd.DataFrame
    left_out: str = ""
    explained: float = float("nan")
    supported: float = float("nan")
    agreement: float = float("nan")
    verdict: str = "good"
    reasons: tuple[str, ...] = ()

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """Score of each object in [0,1], that of label l at index l - 1."""
        return self.objects["score"].to_numpy()

    @property
    def qualities(self) -> npt.NDArray[np.float64]:
        """Probability of each outline that it is good (IoU above .7), that of label l at index l - 1.

        NaN where outlines are not compared with the pixels.
        """
        return self.objects["quality"].to_numpy()

    def __len__(self) -> int:
        return len(self.objects)


@dataclass(frozen=True, eq=False)
class SegmentedFiles:
    """What was found in files.

    Attributes
    ----------
    folder : str
        The output folder: ``labels/``, ``overlays/``, ``objects.csv``, ``images.csv``, ``report.html``.
    objects : pandas.DataFrame
        ``objects.csv``: one row an object of any image; the column ``image`` names it.
    failures : dict of str to str
        Names of the images that could not be read or written, and why. The others are done.
    """

    folder: str
    objects: pd.DataFrame
    failures: dict[str, str]
