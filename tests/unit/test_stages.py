import hashlib
import locale
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from models import Server, serving, tiny_onnx

import inkread
from inkread.errors import (
    ClosedError,
    DeviceError,
    LanguageError,
    ModelError,
    ModelNotFoundError,
    OptionError,
    SourceNotFoundError,
)
from inkread.options import ReaderOptions, RecognizeOptions, RuntimeOptions
from inkread.pipeline import Reader
from inkread.registry.removal import plan_removal
from inkread.registry.store import Store
from inkread.runtime.open import open_session
from inkread.stages import Stages


@pytest.fixture
def stages():
    made = Stages(ReaderOptions())
    yield made
    made.close()


def test_stages_are_opened_when_first_needed_and_kept(stages):
    """S4-1: a detector and a recogniser, each with its model."""
    assert stages.detector is stages.detector
    assert stages.line_reader is stages.line_reader


def test_threads_get_the_same_stage(stages):
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(stages.detector)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(stage) for stage in found}) == 1


def test_two_networks_are_opened_at_once(stages, monkeypatch):
    both = threading.Barrier(2, timeout=30)  # each waits until the other is being opened too

    def open_when_both_are(*arguments, **keywords):
        both.wait()
        return open_session(*arguments, **keywords)

    monkeypatch.setattr("inkread.stages.open_session", open_when_both_are)
    stages.open_ahead()
    assert stages.line_reader
    assert stages.detector


def test_the_locale_is_as_it_was_when_two_were_opened_at_once():
    before = locale.setlocale(locale.LC_ALL)
    for _ in range(3):
        stages = Stages(ReaderOptions())
        stages.open_ahead()
        assert stages.line_reader
        assert stages.detector
        stages.close()
    assert locale.setlocale(locale.LC_ALL) == before


def test_the_description_does_not_depend_on_the_moment(monkeypatch):
    """A picture of one line is read without the detector, which is being opened meanwhile."""

    def open_slowly(*arguments, **keywords):
        time.sleep(0.3 if not keywords["streams"] else 0)  # the detector
        return open_session(*arguments, **keywords)

    monkeypatch.setattr("inkread.stages.open_session", open_slowly)
    told = []
    for wait_s in (0.0, 1.0):
        stages = Stages(ReaderOptions())
        stages.open_ahead()
        assert stages.line_reader
        time.sleep(wait_s)
        told.append(stages.description)
        stages.close()
    assert told[0] == told[1]


def test_a_network_that_was_being_opened_at_the_end_is_freed(stages, monkeypatch):
    opened = []

    def open_and_close(*arguments, **keywords):
        opened.append(open_session(*arguments, **keywords))
        stages.close()
        return opened[0]

    monkeypatch.setattr("inkread.stages.open_session", open_and_close)
    with pytest.raises(ClosedError):
        _ = stages.detector
    with pytest.raises(ClosedError):
        opened[0].run(np.zeros((1, 32, 32, 3), np.uint8))


def test_after_close_no_stage_is_given(stages):
    stages.close()
    stages.close()
    for stage in ("detector", "line_reader"):
        with pytest.raises(ClosedError, match="the Reader is closed: make a new one"):
            getattr(stages, stage)


def test_sessions_are_shared_where_they_run_in_the_same_way(stages):
    assert stages.detector
    other = Stages(ReaderOptions(recognize=RecognizeOptions(alternatives=0)))
    other.share(stages)
    assert other.description == stages.description
    assert "cpu" in other.description or "auto" in other.description


def test_sessions_are_not_shared_where_they_run_in_another_way(stages):
    assert stages.detector
    before = Stages(ReaderOptions(runtime=RuntimeOptions(threads=1))).description
    other = Stages(ReaderOptions(runtime=RuntimeOptions(threads=1)))
    other.share(stages)
    assert other.description == before


def test_the_description_names_the_models(stages):
    assert stages.description.startswith("inkread ")
    assert "det" in stages.description
    assert "rec" in stages.description


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"language": "xx-klingon"}, LanguageError, 'no model reads the language "xx-klingon"'),
        ({"detector": "no-such-model"}, ModelNotFoundError, "no-such-model"),
        ({"recognizer": "no-such-model"}, ModelNotFoundError, "no-such-model"),
        ({"runtime": {"device": "gpu:7"}}, DeviceError, "gpu:7"),
        ({"runtime": {"device": "toaster"}}, DeviceError, "toaster"),
    ],
)
def test_what_is_not_there_is_told_at_once(options, error, message):
    """S4-42, S0-27: not with the first page."""
    with pytest.raises(error, match=message):
        Stages(ReaderOptions(**options))


def test_a_model_for_another_task_is_refused():
    recognizer = Stages(ReaderOptions()).description.split("(")[1].split(",")[1].split(";")[0].strip()
    with pytest.raises((ModelError, OptionError)):
        Stages(ReaderOptions(detector=recognizer))


def test_a_model_path_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises((ModelNotFoundError, SourceNotFoundError), match="missing"):
        Stages(ReaderOptions(recognizer=str(tmp_path / "missing.onnx")))


@pytest.mark.parametrize("language", ["en", "de", ("en", "fr"), "zh-Hans"])
def test_languages_choose_a_model_that_reads_them(language):
    """S0-26, S4-39: BCP-47, one or several."""
    Stages(ReaderOptions(language=language)).close()


@pytest.mark.row("S2-31")
def test_a_model_dropped_into_the_folder_reads_and_cannot_be_removed_meanwhile(tmp_path, monkeypatch):
    """S2-19, S2-24, S2-31: the default recogniser's weights with their characters in a file of their own."""
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    usual = Store()
    folder = usual.folder / "my_hand"
    folder.mkdir(parents=True)
    shutil.copyfile(usual.find("PP-OCRv6_small_rec"), folder / "net.onnx")
    (folder / "letters.txt").write_text(usual.characters(usual.card("PP-OCRv6_small_rec")), encoding="utf-8")
    (folder / "card.yaml").write_text("task: recognition\nlicense: Apache-2.0\ncharset: letters.txt\n")
    receipt = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
    with Reader() as reader:
        expected = str(reader.read(receipt))
    Stages(ReaderOptions(recognizer=str(folder))).close()  # by its path too
    with Reader(ReaderOptions(recognizer="my_hand")) as reader:
        assert str(reader.read(receipt)) == expected
        assert "my_hand" in reader.generator
        assert [removal.refusal for removal in plan_removal(Store(), ["my_hand"])] == ["it is in use"]
    assert [removal.refusal for removal in plan_removal(Store(), ["my_hand"])] == [""]
    usual.folder.rename(tmp_path / "renamed")  # nothing holds it


def test_characters_of_another_model_are_refused_before_it_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "net.onnx").write_bytes(tiny_onnx(classes=9))
    (folder / "letters.txt").write_text("a\nb\n")
    (folder / "card.yaml").write_text("task: recognition\ncharset: letters.txt\n")
    stages = Stages(ReaderOptions(recognizer="mine"))
    with pytest.raises(ModelError, match="do not belong together"):
        assert stages.line_reader
    stages.close()


@pytest.mark.row("S3-47")
def test_a_model_is_downloaded_only_where_that_is_allowed(tmp_path, monkeypatch):
    for name in ("INKREAD_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    content = Store().find("PP-OCRv6_small_det").read_bytes()
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    with serving(Server({"/m.onnx": content})) as server:
        sha256 = hashlib.sha256(content).hexdigest()
        (tmp_path / "models" / "catalog.yaml").write_text(
            "models:\n  m:\n    task: detection\n    license: MIT\n    files:\n"
            f"      - {{name: m.onnx, sha256: {sha256}, sources: [url {server.url}/m.onnx]}}\n"
        )
        with pytest.raises(ModelNotFoundError, match="inkread models pull m"):
            Stages(ReaderOptions(detector="m"))
        assert server.asked == []
        stages = Stages(ReaderOptions(detector="m", allow_auto_download="true"))
        assert stages.detector
        stages.close()


def test_of_models_that_read_a_language_one_that_is_here_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    folder = tmp_path / "models" / "my_thai"
    folder.mkdir(parents=True)
    (folder / "net.onnx").write_bytes(tiny_onnx(classes=4))
    (folder / "letters.txt").write_text("ก\nข\n")
    (folder / "card.yaml").write_text("task: recognition\nlanguages: [th]\ncharset: letters.txt\n")
    stages = Stages(ReaderOptions(language="th"))
    assert "my_thai" in stages.description
    stages.close()


def test_missing_letters_of_a_language_are_told(caplog):
    made = Stages(ReaderOptions(language="Welsh"))
    (notice,) = made.notices
    assert notice.kind == "missing-letters"
    assert "cannot write 8 of 98 letters of cy: Ẁ ẁ Ẃ" in notice.message
    assert notice.message in caplog.text


def test_nothing_is_told_where_no_letter_is_missing(caplog):
    assert Stages(ReaderOptions(language=("en", "French"))).notices == ()
    assert Stages(ReaderOptions()).notices == ()
    assert caplog.text == ""


def test_handwriting_is_read_by_the_same_networks(stages):
    by_hand = stages.for_handwriting
    assert by_hand is stages.for_handwriting
    assert by_hand.detector is not stages.detector
    assert by_hand.detector._session is stages.detector._session
    assert (by_hand.detector._options.part_touching, stages.detector._options.part_touching) == (True, False)


def test_after_close_there_are_no_stages_for_handwriting_either(stages):
    assert stages.for_handwriting
    stages.close()
    with pytest.raises(ClosedError):
        assert stages.for_handwriting


def test_with_room_for_one_network_a_page_reads_the_same(tmp_path):
    receipt = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
    with Reader() as reader:
        expected = str(reader.read(receipt))
    with Reader(ReaderOptions(runtime=RuntimeOptions(max_networks=1))) as reader:
        assert str(reader.read(receipt)) == expected
        assert reader._stages._pool.loaded == 1
        with reader.with_options(reader.options.with_(min_confidence=0.1)) as other:
            assert str(other.read(receipt)) == expected
            assert other._stages._pool is reader._stages._pool
        assert str(reader.read(receipt)) == expected


def test_readers_of_several_languages_share_what_reads_their_letters():
    note = Path(__file__).resolve().parents[2] / "examples" / "note.jpg"
    with Reader() as reader, reader.with_options(reader.options.with_(language="de")) as german:
        text = str(german.read(note))
        with reader.with_options(reader.options.with_(language="fr"), beside=[german]) as french:
            assert str(french.read(note)) == text
            assert french._stages._sessions.keys() == german._stages._sessions.keys()
            assert all(german._stages._sessions[network] is held for network, held in french._stages._sessions.items())
        assert str(german.read(note)) == text  # the other has closed, and not what this one holds too


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts handles as Linux shows them")
def test_one_call_frees_what_reading_holds(tmp_path, monkeypatch):
    """S2-14 ... S2-19, S2-34: networks, threads, handles; the folder of models can be moved; use afterwards raises."""
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    folder = Store().folder / "my_hand"
    folder.mkdir(parents=True)
    shutil.copyfile(Store().find("PP-OCRv6_small_rec"), folder / "net.onnx")
    (folder / "letters.txt").write_text(Store().characters(Store().card("PP-OCRv6_small_rec")), encoding="utf-8")
    (folder / "card.yaml").write_text("task: recognition\nlicense: Apache-2.0\ncharset: letters.txt\n")
    receipt = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
    counts = []
    for _ in range(4):  # the first ones leave what every process keeps: the engine, its library, its threads
        reader = Reader(ReaderOptions(recognizer="my_hand"))
        assert str(reader.read(receipt)) == str(inkread.read(receipt))
        assert any("my_hand" in name for name in _open_files())
        inkread.free_resources()
        inkread.free_resources()
        counts.append(_handles_and_threads())
    assert not any("my_hand" in name for name in _open_files())
    *_, before, after = counts
    assert [now <= then for now, then in zip(after, before, strict=True)] == [True, True], counts
    Store().folder.rename(tmp_path / "renamed")
    with pytest.raises(ClosedError):
        reader.read(receipt)
    assert str(inkread.read(receipt))


def _open_files() -> list[str]:
    """What this process has open or mapped into its memory."""
    handles: list[str] = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the handle that listed them
            handles.append(str(link.readlink()))
    return handles + [line for line in Path("/proc/self/maps").read_text().splitlines() if "/" in line]


def _handles_and_threads() -> tuple[int, int]:
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


def test_words_of_the_usual_model_say_how_likely_they_are_right():
    receipt = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
    with Reader() as reader:
        document = reader.read(receipt)
    assert all(0 <= word.probability <= 1 for word in document.words)
    result = document.accept(0.05)
    assert len(result.accepted) > len(result.review)
    assert {*result.accepted, *result.review} == {*document.lines}
