"""Copy docs/ to build/docs, for the site: what its pages link to outside docs/ is named there and not linked.

Links that are called by a file's name, as [limits.md](limits.md), are called by the page's title there.

python scripts/stage_docs.py && zensical build --strict
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGED = ROOT / "build" / "docs"
_BY_FILE_NAME = re.compile(r"\[[\w/-]+\.md\]\(([^)#\s]+\.md)(#[^)\s]*)?\)")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((\.\./[^)\s]*)\)")


def main() -> None:
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(ROOT / "docs", STAGED)
    for page in STAGED.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(titled(inside(text, page.relative_to(STAGED)), page.parent), encoding="utf-8")


def titled(text: str, folder: Path) -> str:
    """Return a page of this folder with the titles of pages where links have the names of their files."""

    def told(found: re.Match[str]) -> str:
        target = folder / found[1]
        if not target.is_file():
            return found[0]
        title = target.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        return f"[{title}]({found[1]}{found[2] or ''})"

    return _BY_FILE_NAME.sub(told, text)


def inside(text: str, page: Path) -> str:
    """Return a page, whose path is below docs/, with links that lead out of docs/ as plain text."""

    def told(found: re.Match[str]) -> str:
        words, path = found.groups()
        leads_out = path.count("../") > len(page.parent.parts)
        return words if leads_out else found[0]

    return _LINK.sub(told, text)


if __name__ == "__main__":
    main()
