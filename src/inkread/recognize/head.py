"""A recogniser's last layer, looked at no further than a line needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from inkread.recognize.charset import Charset
from inkread.runtime.session import Floats, Session

# Where each column's best everyday class scores this much, no rarer class wins one: 1 of 2,218 lines of labelled sets
# and drawn ones reads otherwise, a Chinese two as an equals sign (benchmarks/proofs/everyday.py).
_EXPLAINED = 10.0


class Head:
    """Gives a line's probabilities, and the characters that they are of.

    classes: those of the charset that the network gives, where it does not give all.  everything: the network's last
    layer with all classes, asked for where a column of a line is none of `classes`; None where no other may come out.
    """

    def __init__(
        self, charset: Charset, classes: Sequence[int] = (), everything: Callable[[], Session] | None = None
    ) -> None:
        self._charset = charset
        self._classes = np.asarray(classes, dtype=np.intp)
        self._everything = everything

    @cached_property
    def _narrow(self) -> Charset:
        return self._charset.only(self._classes.tolist())

    def __call__(self, output: Floats) -> tuple[Floats, Charset]:
        """Return probabilities, (T, C), each row a sum of 1, and the charset of their C classes.

        output: of one line, (T, C), or as `Network.classes` has it.  Raises ModelError where it fits neither.
        """
        count = len(self._classes)
        if not count:
            return output, self._charset
        if output.shape[1] == len(self._charset):  # the engine gives all of them whatever is asked
            return (output, self._charset) if self._everything else (_among(output, self._classes), self._narrow)
        if self._everything and output[:, count].min() < _EXPLAINED:
            return self._everything().run(np.ascontiguousarray(output[None, :, count + 1 :]))[0], self._charset
        return output[:, :count], self._narrow


def _among(output: Floats, classes: np.ndarray) -> Floats:
    """Return the probabilities of some classes among themselves."""
    chosen = output[:, classes]
    return np.asarray(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny))
