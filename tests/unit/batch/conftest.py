"""A reader for worker processes that does what its input says."""

from pathlib import Path

import pytest

FAKE = '''
import os, signal, time
from pathlib import Path
from inkread.document import Document
from inkread.errors import DamagedInputError, OptionError

class Fake:
    """Reads nothing: a document that tells who made it, with how many threads."""
    def __init__(self, options):
        self.options = options

    def read(self, content, *, name):
        word, _, rest = content.decode().partition(" ") if isinstance(content, bytes) else (repr(content), "", "")
        if word == "die" or (word == "die-once" and not Path(rest).exists()):
            Path(rest or os.devnull).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "damaged":
            raise DamagedInputError("it is torn", remedy="mend it")
        if word == "bug":
            raise TypeError("no such thing")
        if word == "nonsense":
            os.write(int(rest), b"{}\\n")
        if word == "wait":
            time.sleep(float(rest))
        print("libraries print to stdout")
        source = word if not isinstance(content, list) else str([image.pixels.shape for image in content])
        return Document((), f"{name} {source}", f"{os.getpid()} {self.options.runtime.threads}")

def Refusing(options):
    raise OptionError("nothing pleases it")
'''


@pytest.fixture(autouse=True)
def fake_reader(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("fake")
    (folder / "fake_reader.py").write_text(FAKE)
    monkeypatch.syspath_prepend(folder)
    return folder
