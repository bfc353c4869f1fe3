"""Draw docs/images/flow.svg, line.svg and places.svg: how reading works. python scripts/make_drawings.py."""

from __future__ import annotations

from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
# Dark on light paper and light on dark, as the reader's system is set.
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1d2733}.small{font-size:11px;fill:#5b6b7b}.mono{font-family:monospace}"
    ".box{fill:#eef4fa;stroke:#3b6ea5}.mark{fill:#d9ead3;stroke:#5a9a4a}.line{stroke:#5b6b7b;fill:none}.head{fill:#5b6b7b}"
    "@media(prefers-color-scheme:dark){text{fill:#e4ebf2}.small{fill:#a5b4c3}.box{fill:#223243;stroke:#7fb0e0}"
    ".mark{fill:#243a22;stroke:#86c774}.line{stroke:#a5b4c3}.head{fill:#a5b4c3}}"
)
STAGES = (
    ("load", "file to pixels"),
    ("enhance", "upright, dark"),
    ("detect", "where text is"),
    ("recognize", "what it says"),
    ("arrange", "in which order"),
    ("correct", "if asked for"),
    ("export", "into a format"),
)
HANDED_ON = ("Image", "Image", "quads", "Lines", "Page", "Page")


def main() -> None:
    for path, drawn in drawings().items():
        path.write_text(drawn, encoding="utf-8")


def drawings() -> dict[Path, str]:
    return {FOLDER / "flow.svg": flow(), FOLDER / "line.svg": line(), FOLDER / "places.svg": places()}


def flow() -> str:
    """The stages one after the other, and what each hands to the next."""
    parts = []
    for i, (name, what) in enumerate(STAGES):
        x = 10 + 130 * i
        kind = "mark" if name in ("detect", "recognize") else "box"
        parts += [_box(x, 40, 96, 56, kind), _text(x + 48, 64, name), _text(x + 48, 82, what, "small")]
        if i < len(HANDED_ON):
            parts += [_arrow(x + 98, 68, x + 126), _text(x + 113, 30, HANDED_ON[i], "small")]
    parts.append(_text(10 + 130 * 2.5 + 48, 122, "the two networks run here", "small"))
    return _svg(930, 140, "The stages of reading, and what each hands to the next", parts)


def line() -> str:
    """A strip, the characters of its columns, and what becomes of them."""
    columns = "--TT-oo-t-aa-ll---"
    parts = [_box(20, 20, 18 * 36, 48, "box")]
    for i, character in enumerate(columns):
        x = 20 + 36 * i
        parts.append(_box(x, 86, 36, 28, "box" if character == "-" else "mark"))
        parts.append(_text(x + 18, 105, character, "mono"))
    parts.append(_text(20 + 9 * 36, 134, "the likeliest character of each column; - is blank", "small"))
    for character, first, last in (("T", 2, 4), ("o", 5, 7), ("t", 8, 9), ("a", 10, 12), ("l", 13, 15)):
        x, width = 20 + 36 * first, 36 * (last - first)
        parts += [_text(x + width / 2, 50, character), _box(x, 150, width, 34, "mark")]
        parts.append(_text(x + width / 2, 172, character))
    parts.append(_text(20 + 9 * 36, 204, "same neighbours are one character; its columns are its place", "small"))
    return _svg(690, 216, "How a strip becomes text with a place for each character", parts)


def places() -> str:
    """A page that is turned and cut, and the way back."""
    parts = [
        _box(30, 30, 120, 160, "box"), _box(55, 120, 70, 14, "mark"), _text(90, 210, "the page as given", "small"),
        _arrow(160, 90, 240), _text(200, 78, "turn, level", "small"),
        _box(250, 50, 160, 120, "box"), _box(290, 90, 14, 60, "mark"), _text(330, 190, "as it is read", "small"),
        _arrow(420, 90, 500), _text(460, 78, "cut", "small"),
        _box(510, 85, 150, 34, "mark"), _text(585, 107, "a line"), _text(585, 138, "what the recogniser sees", "small"),
        '<path class="line" d="M585 150 C585 236 100 250 92 142" stroke-dasharray="5 4"/>',
        '<path class="head" d="M92 138 l-5 9 l10 0 z"/>',
        _text(340, 240, "to_page: one matrix leads back, whatever was done", "small"),
    ]  # fmt: skip
    return _svg(690, 256, "Every change of a picture keeps the way back to the page", parts)


def _svg(width: int, height: int, title: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def _box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}" text-anchor="middle">{escape(words)}</text>'


def _arrow(x: float, y: float, to: float) -> str:
    return f'<path class="line" d="M{x:g} {y:g} H{to - 6:g}"/><path class="head" d="M{to:g} {y:g} l-8 -5 v10 z"/>'


if __name__ == "__main__":
    main()
