"""French prose and verse of the 17th to the 19th century, and plain definitions: Littré's dictionary (1863-1877).

Its text is in the public domain. Debian's package stardict-xmlittre has it as /usr/share/stardict/dic/XMLittre.dict.dz.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

# What begins an entry, and what begins a part of one; in parts of other names stand older French and other languages.
ENTRY = "<i><small>("
PART = re.compile(r"(<b><big>[^<]*</big></b>|<i><small>\([^<]*</small></i>)")
MODERN = ("<b><big>REMARQUE</big></b>", "<b><big>SYNONYME</big></b>")
QUOTATION = re.compile(
    r'<span foreground="#0000CD">(.*?)</span>, '
    r'<span foreground="#B22222">(.*?)</span>, <span foreground="#556B2F">.*?</span>',
    re.DOTALL,
)


def texts_of(path: Path) -> tuple[str, str]:
    """Return the quotations from authors and the definitions, a line each."""
    quotations, definitions = [], []
    is_modern = True
    for part in PART.split(gzip.decompress(path.read_bytes()).decode("utf-8")):
        if PART.fullmatch(part):
            is_modern = part.startswith(ENTRY) or part in MODERN
        elif is_modern:
            quotations += [plain(text) for text, author in QUOTATION.findall(part) if author.strip()]
            definitions.append(plain(QUOTATION.sub("", part)))
    return "\n".join(quotations), "\n".join(definitions)


def plain(text: str) -> str:
    """Return a text without its marks of layout and the numbers of meanings."""
    return " ".join(re.sub(r"<[^>]+>|\d+°", "", text).split())
