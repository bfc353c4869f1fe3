"""The program of S1 against a service on this machine: credentials, a proxy that loses requests, a small picture."""

import os
import runpy
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from live import flaky_proxy, listening
from PIL import Image
from readers import FakeReader, slowly

import inkread.dialects.aspose_cloud as ocr
from inkread.errors import ClosedError, CredentialsError, DeadlineError, InkreadError, OptionError, ServiceError
from inkread.pipeline import Reader
from inkread.service.app import make_app
from inkread.service.clients import ClientBook
from inkread.service.settings import ServiceOptions

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).parent / "programs" / "ocr_handwritten.py"
NOTE = ROOT / "examples" / "note.jpg"
BEGINS = "\n=== Recognized Text ===\n"


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """The clients that may ask, and the identifier and secret of one."""
    book = ClientBook(tmp_path_factory.mktemp("service") / "clients.json")
    client, secret = book.add("a program")
    return book, client.id, secret


@pytest.fixture(scope="module")
def server(account):
    """A service that really reads, and where it is."""
    with listening(make_app(ServiceOptions(), book=account[0], make_reader=Reader)) as url:
        yield url


class Faked:
    """A service whose readers answer at once, and note what they were asked for."""

    def __init__(self, book: ClientBook | None = None, seconds: float = 0.0) -> None:
        self.readers: list[FakeReader] = []
        self._seconds = seconds
        self.app = make_app(ServiceOptions(), book=book, make_reader=self._reader)

    def _reader(self, options):
        self.readers.append(FakeReader(options, ("Comprar leche", "- Revisar"), slowly(self._seconds)))
        return self.readers[-1]

    def asked(self):
        return [each.options for reader in self.readers for each in reader.variants]


@pytest.fixture
def note(tmp_path):
    return shutil.copy(NOTE, tmp_path / "handwritten_note.jpg")


@pytest.fixture
def waits(monkeypatch):
    """The whole seconds that the program waits for, without waiting; all else waits as it does."""
    noted: list[float] = []
    really = time.sleep

    def sleep(seconds):
        if threading.current_thread() is threading.main_thread() and isinstance(seconds, int):
            noted.append(seconds)
        else:
            really(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    return noted


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program here, and return what it printed."""

    def program(*arguments: object, server: str) -> str:
        monkeypatch.setenv("INKREAD_SERVER", server)
        monkeypatch.setattr(sys, "argv", [str(PROGRAM), *map(str, arguments)])
        runpy.run_path(str(PROGRAM), run_name="__main__")
        return capsys.readouterr().out

    return program


@pytest.mark.row("S1-4", "S1-6", "S1-9", "S1-15", "S1-16", "S1-17", "S1-31")
def test_the_script_reads_a_note_with_a_service(account, server, note):
    _, client_id, secret = account
    command = [sys.executable, str(PROGRAM), client_id, secret, str(note)]
    environment = {**os.environ, "INKREAD_SERVER": server}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)

    assert done.returncode == 0, done.stderr
    printed = done.stdout.removeprefix(BEGINS)
    with Reader(mode="handwritten") as reader:
        assert printed == reader.read(note).text + "\n"  # as it is read here
    assert sum(line.startswith("-") for line in printed.splitlines()) == 2


@pytest.mark.row("S1-8")
def test_wrong_credentials_are_401_in_the_class_of_errors_that_programs_catch(account, server, note):
    for client_id, secret in ((account[1], "no such secret"), ("ink_nobody", account[2]), (None, None)):
        with ocr.OcrEngine(client_id=client_id, client_secret=secret, base_url=server) as engine:
            engine.load_image(note)
            with pytest.raises(ocr.exceptions.OcrException) as caught:
                engine.recognize()
        assert caught.value.http_status == 401
        assert isinstance(caught.value.__cause__, CredentialsError)


@pytest.mark.row("S1-27", "S1-28", "S1-30")
def test_the_program_tries_again_through_a_proxy_that_loses_requests(account, run, waits, note):
    faked = Faked(account[0])
    with listening(faked.app) as url, flaky_proxy(url, losing=2) as proxy:
        printed = run(account[1], account[2], note, server=proxy)

    tries, text = printed.split(BEGINS)
    assert [line.partition(": ")[0] for line in tries.splitlines()] == ["Attempt 1 failed", "Attempt 2 failed"]
    assert waits == [2, 4]
    assert text.splitlines() == ["Comprar leche", "- Revisar"]
    assert [options.mode for options in faked.asked()] == ["handwritten"]


@pytest.mark.row("S1-28", "S1-29")
def test_the_program_gives_up_after_three_tries(run, waits, note):
    with pytest.raises(RuntimeError, match=r"^All OCR attempts failed\.$"):
        run("a", "b", note, server="http://127.0.0.1:1")
    assert waits == [2, 4]  # and none after the last


@pytest.mark.row("S1-26")
def test_a_slow_service_is_given_up_on_in_time(note):
    with listening(Faked(seconds=3).app) as url, ocr.OcrEngine(base_url=url, timeout_s=0.5) as engine:
        engine.load_image(note)
        began = time.monotonic()
        with pytest.raises(ocr.exceptions.OcrException) as caught:
            engine.recognize()
        assert time.monotonic() - began < 2.5
    assert isinstance(caught.value.__cause__, ServiceError | DeadlineError)


@pytest.mark.row("S1-10")
def test_a_wrong_path_is_a_file_not_found_error(tmp_path):
    engine = ocr.OcrEngine(client_id="a", client_secret="b")
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.jpg") as caught:
        engine.load_image(tmp_path / "none.jpg")
    assert isinstance(caught.value, InkreadError)
    engine.close()


@pytest.mark.row("S1-21")
def test_a_small_picture_is_enlarged_by_the_program_and_read(account, server, run, note):
    with Image.open(note) as picture:
        small = picture.resize((520, round(520 * picture.height / picture.width)))
    small.save(note, quality=95)

    text = run(account[1], account[2], note, server=server).split(BEGINS)[1]
    with Image.open(note) as enlarged:
        assert enlarged.size == (2 * small.width, 2 * small.height)
    assert len(text.splitlines()) >= 4


@pytest.mark.row("S1-12", "S1-33", "S1-35")
def test_an_engine_reads_one_picture_after_the_other_in_the_mode_and_language_of_the_moment(note, monkeypatch):
    faked = Faked()
    with listening(faked.app) as url:
        monkeypatch.setenv("INKREAD_SERVER", url)
        engine = ocr.OcrEngine()
        for mode, language in ((None, None), (ocr.RecognitionMode.HANDWRITTEN, ocr.Language.SPANISH)):
            engine.load_image(note)
            if mode:
                engine.set_recognition_mode(mode)
                engine.set_language(language)
            result = engine.recognize()
        engine.close()

    assert [line.text for line in result.lines] == ["Comprar leche", "- Revisar"]
    assert (str(result), result.confidence) == (result.text, pytest.approx(0.9))
    ours = [*(reader.options for reader in faked.readers), *faked.asked()]
    assert ("handwritten", ("es",)) in [(each.mode, tuple(each.language)) for each in ours]
    assert ours[0].mode == "printed"


@pytest.mark.row("S1-37")
def test_the_client_loads_nothing_heavy(run_python):
    heavy = ["numpy", "cv2", "PIL", "openvino", "onnxruntime", "fastapi", "pypdfium2"]
    script = "import sys, inkread.dialects.aspose_cloud as ocr; ocr.OcrEngine().close()"
    assert run_python(f"{script}; print([name for name in {heavy} if name in sys.modules])") == "[]\n"


def test_what_makes_no_sense_says_so(note):
    engine = ocr.OcrEngine()
    with pytest.raises(InkreadError, match=r"load_image\(path\) first"):
        engine.recognize()
    with pytest.raises(OptionError, match="'printed', 'handwritten', 'auto'"):
        engine.set_recognition_mode("cursive")
    with pytest.raises(TypeError, match="it takes client_id, client_secret, base_url"):
        ocr.OcrEngine(api_key="x")
    with pytest.raises(AttributeError, match="Spanish"):
        _ = ocr.Language.SPANSIH
    engine.close()
    engine.close()
    with pytest.raises(ClosedError):
        engine.recognize()
