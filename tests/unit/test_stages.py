import threading

import pytest

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
