"""Pictures in terminals that can show them, by the three protocols that there are."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import numpy as np
from PIL import Image as Pillow

Protocol = Literal["kitty", "iterm2", "sixel"]

# What terminals say of themselves. There is no common way to ask them without waiting for an answer that may not come.
_KITTY: Final = ("kitty", "ghostty")
_ITERM2: Final = ("iTerm.app", "WezTerm", "vscode", "mintty", "rio")
_SIXEL: Final = ("foot", "mlterm", "contour", "sixel")
_CHUNK: Final = 4096
# Six levels of each colour: as many as sixel terminals of old have registers for.
_LEVELS: Final = 6
_ROWS: Final = 6


def protocol_of(environment: Mapping[str, str]) -> Protocol | None:
    """Return how a terminal with this environment shows pictures; None where it does not say that it does."""
    terminal, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environment or any(name in terminal for name in _KITTY) or program == "ghostty":
        return "kitty"
    if program in _ITERM2 or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    return "sixel" if any(name in terminal for name in _SIXEL) else None


def as_text(picture: Pillow.Image, protocol: Protocol) -> str:
    """Return what a terminal must be sent to show a picture, with a line end behind it."""
    shown = {"kitty": _kitty, "iterm2": _iterm2, "sixel": _sixel}[protocol](picture.convert("RGB"))
    return f"{shown}\n"


def _png(picture: Pillow.Image) -> str:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def _kitty(picture: Pillow.Image) -> str:
    """https://sw.kovidgoyal.net/kitty/graphics-protocol: PNG in Base64, in chunks."""
    data = _png(picture)
    chunks = [data[i : i + _CHUNK] for i in range(0, len(data), _CHUNK)]
    parts = []
    for i, chunk in enumerate(chunks):
        first = "a=T,f=100,q=2," if i == 0 else ""
        parts.append(f"\x1b_G{first}m={int(i < len(chunks) - 1)};{chunk}\x1b\\")
    return "".join(parts)


def _iterm2(picture: Pillow.Image) -> str:
    """https://iterm2.com/documentation-images.html: a file in Base64."""
    return f"\x1b]1337;File=inline=1;preserveAspectRatio=1:{_png(picture)}\x07"


def _sixel(picture: Pillow.Image) -> str:
    """Return six rows of pixels at a time, for each colour a mask and its runs (DEC STD 070)."""
    pixels = np.asarray(picture, dtype=np.uint16)
    steps = (pixels * (_LEVELS - 1) + 127) // 255
    colours = steps[..., 0] * _LEVELS**2 + steps[..., 1] * _LEVELS + steps[..., 2]
    parts = [f'\x1bPq"1;1;{picture.width};{picture.height}']
    for colour in np.unique(colours).tolist():
        red, green, blue = (100 * (colour // _LEVELS**power % _LEVELS) // (_LEVELS - 1) for power in (2, 1, 0))
        parts.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, picture.height, _ROWS):
        parts.append("$".join(_bands(colours[top : top + _ROWS])) + "-")
    return "".join([*parts, "\x1b\\"])


def _bands(rows: np.ndarray) -> Iterator[str]:
    """Yield for each colour of up to six rows its runs of sixels."""
    weights = (1 << np.arange(len(rows)))[:, None]
    for colour in np.unique(rows).tolist():
        sixels = ((rows == colour) * weights).sum(axis=0)
        ends = np.flatnonzero(np.diff(sixels)).tolist()
        runs = zip([-1, *ends], [*ends, len(sixels) - 1], strict=True)
        yield f"#{colour}" + "".join(_run(last - before, int(sixels[last])) for before, last in runs)


def _run(length: int, sixel: int) -> str:
    character = chr(63 + sixel)
    return f"!{length}{character}" if length > 3 else character * length
