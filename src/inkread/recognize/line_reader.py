"""From quads on a page to lines of words: crops, direction, reading, boxes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from inkread.document import Line
from inkread.geometry import Box, Quad
from inkread.image import Image, Pixels
from inkread.options import RecognizeOptions
from inkread.recognize import vertical
from inkread.recognize.ctc import Reading
from inkread.recognize.ink import gap_between_two_lines, ink_mask, is_one_row
from inkread.recognize.orientation import OrientationClassifier
from inkread.recognize.recognizer import HEIGHT_PX
from inkread.recognize.routing import Reads
from inkread.recognize.spaces import with_lost_spaces
from inkread.recognize.words import split_words
from inkread.runtime.allowance import FREE, Allowance

# A line this sure needs no second look; one less sure may stand on its head or on its side, or be two.
_DOUBTFUL = 0.85
# A second look wins only if it is clearly better.
_BETTER_BY = 0.05
# The classifier's word is enough to try, not to decide: the reading decides.
_PERHAPS_UPSIDE_DOWN = 0.3
# Crops are taken at the page's own resolution up to here, so that word boxes stay exact on large print.
_MAX_CROP_HEIGHT_PX = 160
# No line of text is so many heights long; a ruled line is, and at the network's height it would be read for minutes.
_MAX_LENGTH = 250
# A little more than the line itself is shown to the network, in heights: quads cut ascenders and last letters.
_CROP_MARGIN = 0.06
# Where memory is limited, lines are read so many at once that their crops take this share of the room that there is,
# and no more than that, bytes: with more at once nothing is faster.
_SHARE_OF_ROOM = 0.15
_MOST_CROP_BYTES = 64_000_000
# A crop, its picture at the network's height, and where its ink is.
_BYTES_OF_CROP_PX = 7
# A page with less time than this, s, is read so many lines at a time: cutting out the 71 of a dense page, and bringing
# them to the network's height, takes 70 ms.
_SHORT_S = 3.0
_READ_AT_ONCE = 6
# The picture of a line that was not looked at.
_NOTHING: Pixels = np.zeros((0, 0, 3), np.uint8)
# A picture no higher than this may be a single line or word, cut so close that a detector misses parts of it.
_MAX_LINE_PICTURE_PX = 256
# What is found in the picture of one line covers so much of its height.
_MIN_COVERED = 0.45
# A picture that reads this well as one line is one: pictures of several lines reach 0.8 (1 of 360 lines and words of
# the labelled sets is told wrongly by it, by a quotation mark).
_SURE_OF_ONE_LINE = 0.95
# Where the detector finds nothing at all, the picture as a whole must read this well.
_SURE_WITHOUT_REGION = 0.6


@dataclass(frozen=True)
class _Candidate:
    """A way to read a region: the quad whose first edge is the reading direction, its picture, what it says."""

    quad: Quad
    crop: Pixels
    reading: Reading


class LineReader:
    """Reads regions of a page as lines.

    classifier: gives the one that says which crops may be upside down; asked for only where lines are doubtful.
    """

    def __init__(
        self, recognizer: Reads, classifier: Callable[[], OrientationClassifier], options: RecognizeOptions
    ) -> None:
        self._recognizer = recognizer
        self._classifier = classifier
        self._options = options
        self._allowance = FREE

    def within(self, allowance: Allowance) -> LineReader:
        """Return this reader for a page that may take no more than this.

        When its time is up, regions that were not read are noted in the allowance, and nothing is looked at twice.
        """
        if not allowance.is_bound:
            return self
        bound = copy.copy(self)
        bound._recognizer, bound._allowance = self._recognizer.within(allowance), allowance
        return bound

    def read(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        """Return the lines in the regions of a picture (quads in its pixels), in the order given.

        Regions without a character are left out; a region that holds two lines gives both. A small picture that is a
        single line is read as a whole where that reads better.
        """
        if not _is_small(image):
            return self.read_regions(image, quads)
        found = self._read_regions(image, quads)
        if _may_be_one_line(image, found):
            whole = self._read_regions(image, [_whole(image)])
            least = _confidence(found) if found else _SURE_WITHOUT_REGION
            if _confidence(whole) > least:
                found = whole
        return [_line(image, candidate) for candidate in found]

    def read_regions(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        """Return the lines in the regions of a picture as `read` does, but never a small picture as a whole."""
        if not self._allowance.is_bound:
            return [_line(image, candidate) for candidate in self._read_regions(image, quads)]
        lines: list[Line] = []
        for some in self._as_many_as_fit(quads):
            if self._allowance.must_stop():
                self._leave_unread(image, some)
            else:
                lines += [_line(image, candidate) for candidate in self._read_regions(image, some)]
        return lines

    def read_each(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        """Return what stands in each quad of a picture, in order, at a first look; without words where nothing does.

        A quad's first edge is taken for the reading direction.
        """
        return [_line(image, candidate) for candidate in self._read_all(image, quads)]

    def read_whole(self, image: Image) -> Line:
        """Return the text of a picture that is one line or word; without words where it holds none."""
        lines = [_line(image, candidate) for candidate in self._read_regions(image, [_whole(image)])]
        words = tuple(word for line in lines for word in line.words)
        confidence = sum(line.confidence for line in lines) / len(lines) if lines else 0.0
        return Line(words, image.quad_on_page(_whole(image)), confidence)

    def read_one_line(self, image: Image) -> Line | None:
        """Return the text of a small picture that is a single line beyond doubt, without detection; None for others."""
        if not _is_small(image):
            return None
        mask = ink_mask(image.pixels)
        if mask is None or not is_one_row(mask):
            return None
        found = self._read_all(image, [self._along_the_text(_whole(image))])[0]
        return _line(image, found) if found.reading.confidence >= _SURE_OF_ONE_LINE else None

    def try_reading(self, image: Image, quads: Sequence[Quad]) -> list[Reading]:
        """Return what each quad says along its first edge, without a second look at any."""
        return [candidate.reading for candidate in self._read_all(image, quads)]

    def upside_down(self, image: Image, quads: Sequence[Quad]) -> list[float]:
        """Return for each quad how likely it is to be upside down, 0..1, by the classifier's word alone."""
        return self._classifier().upside_down([line_crop(image, quad) for quad in quads])

    def _read_regions(self, image: Image, quads: Sequence[Quad]) -> list[_Candidate]:
        """Return what is read in each region, in order, after a second look at what is doubtful."""
        read = self._drawn_out(self._read_all(image, [self._along_the_text(quad) for quad in quads]))
        first = self._with_signs(image, read)
        chosen = [[candidate] for candidate in first]
        if self._allowance.must_stop():
            self._leave_unread(image, [candidate.quad for candidate in first if not candidate.reading.is_read])
            return [candidate for candidate in first if candidate.reading.text.strip()]
        doubtful = [i for i, candidate in enumerate(first) if self._is_doubtful(candidate)]
        for i, others in self._second_looks(image, doubtful, first):
            if _confidence(others) > _confidence(chosen[i]) + _BETTER_BY:
                chosen[i] = others
        return [candidate for candidates in chosen for candidate in candidates if candidate.reading.text.strip()]

    def _as_many_as_fit(self, quads: Sequence[Quad]) -> Iterator[Sequence[Quad]]:
        """Yield the quads in groups whose crops fit the memory that there is, in order; most often all in one."""
        if not self._allowance.memory.is_limited:
            yield quads
            return
        start, taken = 0, 0
        most = min(_MOST_CROP_BYTES, _SHARE_OF_ROOM * self._allowance.memory.room())
        for end, quad in enumerate(quads):
            height, width = _crop_size(quad.grown(_CROP_MARGIN))
            cost = _BYTES_OF_CROP_PX * height * width
            if taken + cost > most and end > start:
                yield quads[start:end]
                start, taken = end, 0
            taken += cost
        yield quads[start:]

    def _leave_unread(self, image: Image, quads: Sequence[Quad]) -> None:
        """Note regions whose turn came too late, and that second looks were not had."""
        self._allowance.degrade("partial" if quads else "hurried")
        self._allowance.unread += [image.quad_on_page(quad).rounded() for quad in quads]

    def _drawn_out(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the candidates, the doubtful ones as they read drawn out where that is surer."""
        factor, found = self._options.draw_out, list(candidates)
        if factor == 1:
            return found
        doubtful = [i for i, each in enumerate(candidates) if each.reading.confidence < _DOUBTFUL]
        if self._allowance.must_stop():
            return found
        again = self._recognizer.read([_widened(candidates[i].crop, factor) for i in doubtful])
        for i, reading in zip(doubtful, again, strict=True):
            if reading.confidence > found[i].reading.confidence:
                found[i] = replace(found[i], reading=reading)
        return found

    def _along_the_text(self, quad: Quad) -> Quad:
        """Return a quad that is much higher than wide turned, so that it is read downwards."""
        return quad.turned(1) if quad.height >= self._options.vertical_ratio * quad.width else quad

    def _read_all(self, image: Image, quads: Sequence[Quad]) -> list[_Candidate]:
        left_s = self._allowance.left_s
        if left_s is not None and left_s < _SHORT_S and len(quads) > _READ_AT_ONCE:
            return self._read_by_and_by(image, quads)
        crops = [line_crop(image, quad) for quad in quads]
        readings = self._recognizer.read(crops)
        return [_Candidate(*parts) for parts in zip(quads, crops, readings, strict=True)]

    def _read_by_and_by(self, image: Image, quads: Sequence[Quad]) -> list[_Candidate]:
        """Return what stands in the quads, in order, some read after the others, the longest first, until time is up.

        So no time is spent on pictures of lines that are not read.
        """
        found = [_Candidate(quad, _NOTHING, Reading(is_read=False)) for quad in quads]
        order = sorted(range(len(quads)), key=lambda k: -quads[k].width / max(quads[k].height, 1.0))
        for start in range(0, len(order), _READ_AT_ONCE):
            if self._allowance.must_stop():
                break
            some = order[start : start + _READ_AT_ONCE]
            crops = [line_crop(image, quads[k]) for k in some]
            for k, crop, reading in zip(some, crops, self._recognizer.read(crops), strict=True):
                found[k] = _Candidate(quads[k], crop, reading)
        return found

    def _with_signs(self, image: Image, candidates: list[_Candidate]) -> list[_Candidate]:
        """Return what was read, columns of Chinese and Japanese with their signs.

        A column is one on the page: a page of columns is a picture that was turned.
        """
        on_page = [image.quad_on_page(each.quad) for each in candidates]
        columns = [i for i, quad in enumerate(on_page) if 45 < abs(quad.angle_deg) < 135 and candidates[i].reading.text]
        if columns and not self._allowance.must_stop():
            crops, readings = zip(*((candidates[i].crop, candidates[i].reading) for i in columns), strict=True)
            for i, reading in zip(columns, vertical.with_signs(self._recognizer, crops, readings), strict=True):
                candidates[i] = replace(candidates[i], reading=reading)
        return candidates

    def _is_doubtful(self, candidate: _Candidate) -> bool:
        return self._options.orientation == "always" or candidate.reading.confidence < _DOUBTFUL

    def _second_looks(
        self, image: Image, doubtful: Sequence[int], first: Sequence[_Candidate]
    ) -> list[tuple[int, list[_Candidate]]]:
        """Return other ways to read doubtful regions, with their index: turned, or parted in two lines."""
        tries: list[tuple[int, list[Quad]]] = []
        tries += [(i, [first[i].quad.turned(2)]) for i in self._upside_down(doubtful, first)]
        for i in doubtful:
            quad = first[i].quad
            if abs(quad.angle_deg) > 45 and quad.width < 4 * quad.height:
                # A single narrow character ("1", "I") is higher than wide and upright all the same.
                tries.append((i, [quad.turned(-1)]))
            tries += [(i, halves) for halves in _two_lines(first[i])]
        again = iter(self._read_all(image, [quad for _, quads in tries for quad in quads]))
        return [(i, [next(again) for _ in quads]) for i, quads in tries]

    def _upside_down(self, doubtful: Sequence[int], first: Sequence[_Candidate]) -> list[int]:
        """Return which of the doubtful regions the classifier takes for upside down."""
        if not doubtful or self._options.orientation == "never":
            return []
        chances = self._classifier().upside_down([first[i].crop for i in doubtful])
        return [i for i, chance in zip(doubtful, chances, strict=True) if chance > _PERHAPS_UPSIDE_DOWN]


def _whole(image: Image) -> Quad:
    return Quad.from_box(Box(0, 0, image.width, image.height))


def _is_small(image: Image) -> bool:
    return image.height <= _MAX_LINE_PICTURE_PX and image.width >= image.height / 2


def _may_be_one_line(image: Image, found: Sequence[_Candidate]) -> bool:
    """Return whether a picture is small and what was found in it stands in one row, or nothing was found."""
    if not _is_small(image):
        return False
    boxes = [candidate.quad.box for candidate in found]
    if not boxes:
        return True
    ordered = sorted(boxes, key=lambda box: box.left)
    in_one_row = all(min(a.bottom, b.bottom) > max(a.top, b.top) for a, b in pairwise(ordered))
    return in_one_row and Box.around(boxes).height > _MIN_COVERED * image.height


def _two_lines(candidate: _Candidate) -> list[list[Quad]]:
    """Return the quads of the two lines that a region holds, as the one way to part it, or nothing."""
    mask = ink_mask(candidate.crop)
    gap = None if mask is None else gap_between_two_lines(mask)
    if gap is None:
        return []
    quad = candidate.quad.grown(_CROP_MARGIN)
    upper = Quad(quad.at(0, 0), quad.at(1, 0), quad.at(1, gap), quad.at(0, gap))
    lower = Quad(quad.at(0, gap), quad.at(1, gap), quad.at(1, 1), quad.at(0, 1))
    return [[upper, lower]]


def _confidence(candidates: Sequence[_Candidate]) -> float:
    """Return the mean score of all characters; 0 without any."""
    scores = [score for candidate in candidates for score in candidate.reading.scores]
    return sum(scores) / len(scores) if scores else 0.0


def line_crop(image: Image, quad: Quad) -> Pixels:
    """Return the picture of a line and a little around it, at the network's height or its own where that is larger."""
    quad = quad.grown(_CROP_MARGIN)
    return image.rectify(quad, *_crop_size(quad))


def _crop_size(quad: Quad) -> tuple[int, int]:
    """Return the height and width of a quad's crop, px."""
    height = round(min(max(quad.height, HEIGHT_PX), _MAX_CROP_HEIGHT_PX))
    return height, max(1, round(min(quad.width / max(quad.height, 1.0), _MAX_LENGTH) * height))


def _widened(crop: Pixels, factor: float) -> Pixels:
    """Return the picture of a line `factor` times as wide."""
    size = max(1, round(crop.shape[1] * factor)), crop.shape[0]
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _line(image: Image, candidate: _Candidate) -> Line:
    seen = image.quad_on_page(candidate.quad.grown(_CROP_MARGIN))
    mask = ink_mask(candidate.crop)
    reading = candidate.reading if mask is None else with_lost_spaces(candidate.reading, mask)
    return Line(
        words=split_words(reading, seen, mask),
        quad=image.quad_on_page(candidate.quad).rounded(),
        confidence=round(candidate.reading.confidence, 4),
        language=candidate.reading.language,
    )
