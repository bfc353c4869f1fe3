import copy
import pickle

import pytest
from pydantic import ValidationError

from inkread.errors import OptionError
from inkread.options import (
    ArrangeOptions,
    DetectOptions,
    EnhanceOptions,
    LanguageModelOptions,
    Limits,
    Options,
    ReaderOptions,
    RecognizeOptions,
    RuntimeOptions,
)

STAGES = [ArrangeOptions, DetectOptions, EnhanceOptions, Limits, ReaderOptions, RecognizeOptions, RuntimeOptions]


@pytest.mark.parametrize("kind", STAGES)
def test_every_option_says_what_it_is_for(kind):
    for name, info in kind.model_fields.items():
        if not isinstance(info.default, Options):
            assert info.description, name


def test_a_value_out_of_range_is_an_option_error():
    with pytest.raises(OptionError, match=r"^threshold = 3: input should be less than or equal to 1$"):
        DetectOptions(threshold=3)


def test_not_a_number_is_out_of_range():
    with pytest.raises(OptionError):
        ReaderOptions(min_confidence=float("nan"))


def test_a_misspelt_option_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match=r'"detect.thresold": did you mean "threshold"\?'):
        ReaderOptions(detect={"thresold": 0.3})  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["en,de", " en , de ", ["en", "de"], ("en", "de")])
def test_languages_come_as_one_text_or_several(given):
    assert ReaderOptions(language=given).language == ("en", "de")


def test_changing_a_value_gives_a_new_object():
    before = ReaderOptions()
    after = before.with_(min_confidence=0.5)
    assert (before.min_confidence, after.min_confidence) == (0.0, 0.5)
    assert after.detect is before.detect


def test_a_changed_value_is_checked():
    with pytest.raises(OptionError, match="min_confidence = 7"):
        ReaderOptions().with_(min_confidence=7)


def test_options_cannot_be_changed_in_place():
    with pytest.raises(ValidationError, match="frozen"):
        ReaderOptions().min_confidence = 0.5  # type: ignore[misc]


def test_options_survive_a_trip_between_processes():
    options = ReaderOptions(language="en", detect=DetectOptions(threshold=0.3))
    assert pickle.loads(pickle.dumps(options)) == options == copy.deepcopy(options)


def test_equal_options_are_one_in_a_set():
    assert len({RuntimeOptions(threads=2), RuntimeOptions(threads=2), RuntimeOptions()}) == 2


def test_the_usual_preference_is_the_defaults():
    assert ReaderOptions(prefer="balanced") == ReaderOptions()


@pytest.mark.row("S4-4")
def test_another_preference_keeps_what_was_given():
    options = ReaderOptions(language="de", runtime=RuntimeOptions(threads=3)).with_(prefer="speed")
    assert options.language == ("de",)
    assert options.runtime.threads == 3
    assert options.runtime.precision == "int8"
    back = options.with_(prefer="balanced")
    assert back == ReaderOptions(language="de", runtime=RuntimeOptions(threads=3))


@pytest.mark.row("S4-4")
def test_an_unknown_preference_is_answered_with_those_there_are():
    with pytest.raises(OptionError, match="'accuracy', 'balanced' or 'speed'"):
        ReaderOptions(prefer="fast")


@pytest.mark.parametrize(("said", "meant"), [(True, True), (False, False), ("true", True), ("false", False)])
@pytest.mark.row("S3-17")
def test_downloads_are_allowed_by_a_boolean_or_its_text(said, meant):
    """S3-17."""
    assert ReaderOptions(allow_auto_download=said).allow_auto_download is meant
    assert ReaderOptions().allow_auto_download is False


@pytest.mark.parametrize("said", ["maybe", "yes", "True", "1", 1, 0, None, "", [True]])
def test_downloads_are_not_allowed_by_anything_else(said):
    with pytest.raises(OptionError, match=r"allow_auto_download.*expected true or false"):
        ReaderOptions(allow_auto_download=said)


@pytest.mark.row("S1-12")
def test_the_usual_mode_is_for_print_and_changes_nothing():
    """S1-11, S1-12"""
    assert ReaderOptions().mode == "printed"
    assert ReaderOptions(mode="printed") == ReaderOptions()
    assert ReaderOptions(mode="auto").with_(mode="printed") == ReaderOptions()


@pytest.mark.row("S1-11")
def test_a_mode_sets_what_is_not_given_and_gives_it_back():
    options = ReaderOptions(language="de", mode="handwritten")
    assert (options.detect.part_touching, options.recognize.draw_out) == (True, 1.15)
    assert options.with_(mode="printed") == ReaderOptions(language="de")
    given = ReaderOptions(mode="handwritten", recognize=RecognizeOptions(draw_out=1.0))
    assert (given.detect.part_touching, given.recognize.draw_out) == (True, 1.0)


def test_mode_and_preference_go_together():
    options = ReaderOptions(prefer="speed").with_(mode="handwritten")
    assert (options.runtime.precision, options.recognize.squeeze, options.recognize.draw_out) == ("int8", 0.85, 1.15)
    assert options.with_(mode="printed") == ReaderOptions(prefer="speed")


def test_an_unknown_mode_is_answered_with_those_there_are():
    with pytest.raises(OptionError, match="'printed', 'handwritten' or 'auto'"):
        ReaderOptions(mode="cursive")


def test_a_language_model_is_one_of_its_places():
    assert LanguageModelOptions(repo_id="a/b", allow_auto_download="true").allow_auto_download
    for wrong in ({"repo_id": "a"}, {"repo_id": "a/b", "model": "x"}, {"repo_id": "a/b", "endpoint": "http://x"}):
        with pytest.raises(OptionError):
            LanguageModelOptions(**wrong)


def test_the_key_of_an_endpoint_is_never_told():
    options = LanguageModelOptions(endpoint="http://localhost", api_key="secret-key")
    assert "secret-key" not in repr(options)
    with pytest.raises(OptionError) as caught:
        LanguageModelOptions(api_key=12345678)
    assert "12345678" not in str(caught.value)
