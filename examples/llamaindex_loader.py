"""Pictures and PDFs as documents of LlamaIndex, a page each: python llamaindex_loader.py FILE

Each page has its source, its number and how sure its text is, for answers that cite where they come from. Of folders:
SimpleDirectoryReader("scans", file_extractor={".jpg": InkreadReader()}).load_data()
"""

import sys
from collections.abc import Iterator
from typing import Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

import inkread
from inkread.export.markdown import to_markdown


class InkreadReader(BaseReader):
    """Loads what `inkread.open` takes; pages are read when they are asked for."""

    def __init__(self, options: inkread.ReaderOptions | None = None) -> None:
        self._reader = inkread.Reader(options)  # its networks stay loaded from one file to the next

    def lazy_load_data(self, file: object, extra_info: dict[str, Any] | None = None) -> Iterator[Document]:
        for page in self._reader.pages(file):
            about = {"source": page.source, "page": page.number, "confidence": page.confidence}
            yield Document(text=to_markdown(inkread.Document((page,))), metadata={**(extra_info or {}), **about})


if __name__ == "__main__":
    for document in InkreadReader().lazy_load_data(sys.argv[1]):
        print(document.metadata)
        print(document.text)
