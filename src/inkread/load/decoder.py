"""What decodes documents in a child: one at a time, for inkread.load.isolated in its parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkread.child.wire import Answer
from inkread.load import files
from inkread.load.packing import pack
from inkread.options import Limits, LoadOptions

if TYPE_CHECKING:
    from inkread.child.wire import Array


class Decoder:
    """Opens a document, gives its pages and closes it, as requests say; opening another one closes the first."""

    def __init__(self) -> None:
        self._pages: files.Pages | None = None

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        if request["do"] == "page":
            assert self._pages is not None
            return Answer(*pack(self._pages.page(request["index"])))
        self._close()
        if request["do"] == "open":
            opening = files.Opening(Limits(**request["limits"]), LoadOptions(**request["options"]))
            name = request["name"]
            if arrays:
                self._pages = files.open_bytes(arrays[0].tobytes(), opening, name)
            else:
                self._pages = files.open_file(Path(request["path"]), opening, name)
            return Answer(len(self._pages))
        return Answer(None)

    def _close(self) -> None:
        pages, self._pages = self._pages, None
        if pages is not None:
            pages.close()
