"""The service as a real process, with a reader that reads nothing and says which page it had: for proofs of jobs.

A page whose width is POISON_PX ends the process at once, as a fault in native code would.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from readers import FakeReader  # noqa: E402

from inkread.configuration import load_yaml  # noqa: E402
from inkread.document import Page  # noqa: E402
from inkread.image import Image  # noqa: E402
from inkread.options import ReaderOptions  # noqa: E402
from inkread.service.server import serve  # noqa: E402
from inkread.service.settings import ServiceOptions  # noqa: E402

POISON_PX = 66


class Stub(FakeReader):
    """Takes PAGE_S for a page, and notes each page that it has read as a byte in READ_FILE."""

    def __init__(self, options: ReaderOptions) -> None:
        super().__init__(options)
        self.page_s = float(os.environ.get("PAGE_S", "0.01"))
        self.noted = os.open(os.environ["READ_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def read_page_timed(self, image: Image, **bounds: object) -> tuple[Page, dict[str, float]]:
        if image.width == POISON_PX:
            os.write(self.noted, b"x")
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.page_s)
        os.write(self.noted, b".")
        self.texts = (f"page {image.number}, {image.width} px",)
        return super().read_page_timed(image)

    def with_options(self, options: ReaderOptions, *, beside: Iterable[Stub] = ()) -> Stub:
        return Stub(options)


if __name__ == "__main__":
    serve(load_yaml(Path(sys.argv[1]), ServiceOptions), port=int(sys.argv[2]), make_reader=Stub)
