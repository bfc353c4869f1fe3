"""A screen or a video, read as it changes: python live_screen.py VIDEO

Each frame is held against the one before, tile by tile. Only lines in what has changed are read again, with those that
reach into it; all others stay as they were. Any camera fits in the place of the video.
"""

import sys
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

import inkread
from inkread import Box, Image, Line

TILE_PX = 48
# A pixel has changed where a colour differs by more than the noise of cameras and of compression.
NOISE = 24
# From this share on, finding the lines of the whole frame anew costs less than piece by piece.
MOSTLY = 0.5


class LiveReader:
    """Keeps the lines of the frame before. pixels_read: how much was looked at in all."""

    def __init__(self, reader: inkread.Reader) -> None:
        self._reader = reader
        self._before: np.ndarray | None = None
        self._lines: list[Line] = []
        self.pixels_read = 0

    def read(self, frame: np.ndarray) -> list[Line]:
        """Return the lines of a frame, (H, W, 3) uint8 RGB, from the top to the bottom."""
        image = Image(frame)
        areas = [Box(0, 0, image.width, image.height)] if self._before is None else self._changed(frame)
        if sum(area.area for area in areas) > MOSTLY * image.width * image.height:
            areas = [Box(0, 0, image.width, image.height)]
        for area in areas:
            self._read_again(image, area)
        self._before = frame.copy()
        return sorted(self._lines, key=lambda line: (line.box.top, line.box.left))

    def _changed(self, frame: np.ndarray) -> list[Box]:
        """Return boxes around tiles beside each other that have changed."""
        height, width = frame.shape[:2]
        change = cv2.absdiff(frame, self._before).max(axis=2)
        rows, columns = -(-height // TILE_PX), -(-width // TILE_PX)
        padded = np.zeros((rows * TILE_PX, columns * TILE_PX), np.uint8)
        padded[:height, :width] = change > NOISE
        tiles = padded.reshape(rows, TILE_PX, columns, TILE_PX).any(axis=(1, 3)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(tiles, connectivity=8)
        boxes = ((x * TILE_PX, y * TILE_PX, (x + w) * TILE_PX, (y + h) * TILE_PX) for x, y, w, h, _ in stats[1:])
        return [Box(left, top, min(right, width), min(bottom, height)) for left, top, right, bottom in boxes]

    def _read_again(self, image: Image, area: Box) -> None:
        while touched := [line for line in self._lines if line.box.intersection(area) is not None]:
            area = Box.around([area, *(line.box for line in touched)])
            self._lines = [line for line in self._lines if line not in touched]
        margin = TILE_PX / 4
        area = Box(area.left - margin, area.top - margin, area.right + margin, area.bottom + margin)
        part = image.crop(area)  # knows where it is, so that its lines have the frame's coordinates
        self.pixels_read += part.width * part.height
        self._lines += self._reader.read_page(part).lines


def frames(video: str) -> Iterator[np.ndarray]:
    """Yield the frames of a video in RGB."""
    capture = cv2.VideoCapture(video)
    while (found := capture.read())[0]:
        yield cv2.cvtColor(found[1], cv2.COLOR_BGR2RGB)
    capture.release()


def watch(pictures: Iterable[np.ndarray], reader: LiveReader) -> None:
    """Print what is new on each picture."""
    known: set[str] = set()
    for number, picture in enumerate(pictures):
        texts = [line.text for line in reader.read(picture)]
        for text in texts:
            if text not in known:
                print(f"{number}: {text}")
        known = set(texts)


if __name__ == "__main__":
    with inkread.Reader() as engine:
        watch(frames(sys.argv[1]), LiveReader(engine))
