"""Pictures and PDFs as documents of LangChain, a page each: python langchain_loader.py FILE

Each page has its source, its number and how sure its text is, for answers that cite where they come from.
"""

import sys
from collections.abc import Iterator

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

import inkread
from inkread.export.markdown import to_markdown


class InkreadLoader(BaseLoader):
    """Loads what `inkread.open` takes; pages are read when they are asked for."""

    def __init__(self, source: object, options: inkread.ReaderOptions | None = None) -> None:
        self._source = source
        self._options = options

    def lazy_load(self) -> Iterator[Document]:
        with inkread.Reader(self._options) as reader:
            for page in reader.pages(self._source):
                about = {"source": page.source, "page": page.number, "confidence": page.confidence}
                yield Document(to_markdown(inkread.Document((page,))), metadata=about)


if __name__ == "__main__":
    for document in InkreadLoader(sys.argv[1]).lazy_load():
        print(document.metadata)
        print(document.page_content)
