"""Whether the picture of a line stands on its head: the 180-degree classifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inkread.image import Pixels
from inkread.recognize.recognizer import HEIGHT_PX, at_network_height
from inkread.runtime.session import Session

_WIDTH_PX = 192
_PADDING = 127


class OrientationClassifier:
    """A classifier over a session whose network gives the probabilities of 0 and 180 degrees, (N, 2)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def upside_down(self, crops: Sequence[Pixels]) -> list[float]:
        """Return for each crop, (H, W, 3), how likely it is to be upside down, 0..1."""
        batches = [_first_part(crop)[None] for crop in crops]
        return [float(output[0, 1]) for output in self._session.run_many(batches)]


def _first_part(crop: Pixels) -> Pixels:
    line = at_network_height(crop)[:, :_WIDTH_PX]
    picture = np.full((HEIGHT_PX, _WIDTH_PX, 3), _PADDING, np.uint8)
    picture[:, : line.shape[1]] = line
    return picture
