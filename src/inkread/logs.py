"""What the library tells while it works, under the logger `inkread`; nothing is printed unless somebody listens.

No text of documents, no password, no name of a file and no address is told: names of receipts are somebody's names.
A source is told by `label`, which whoever has the name can work out.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Final

# What a name may end in and still not tell whose it is.
_SUFFIXES: Final = ("avif", "bmp", "gif", "heic", "jp2", "jpeg", "jpg", "pdf", "png", "pnm", "tif", "tiff", "webp")

logging.getLogger("inkread").addHandler(logging.NullHandler())


def logger(module: str) -> logging.Logger:
    """Return the logger of a module, given its `__name__`."""
    return logging.getLogger(module)


def label(name: str) -> str:
    """Return what a source is called in logs: the start of its name's sha256 (UTF-8), and a known suffix.

    An address is known by what documents call it, without query and user.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    suffix = name.rpartition(".")[2].lower()
    return f"{digest}.{suffix}" if suffix in _SUFFIXES else digest
