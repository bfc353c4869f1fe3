from pathlib import Path

import pytest

from inkread.cli import arguments
from inkread.cli.arguments import reader_options
from inkread.errors import OptionError
from inkread.options import ReaderOptions


def test_every_argument_stands_at_an_option_that_there_is():
    for name, place in arguments._PLACES.items():
        options = ReaderOptions()
        for section in place[:-1]:
            options = getattr(options, section)
        assert place[-1] in type(options).model_fields, name


def test_what_was_not_given_leaves_the_options_as_they_are():
    not_given = dict.fromkeys(arguments._PLACES, None)
    assert reader_options(None, **not_given) == ReaderOptions()
    assert reader_options(None, allow_url=False, allow_auto_download=False) == ReaderOptions()


def test_what_was_given_stands_in_its_section():
    options = reader_options(
        None, language="de,fr", threads=2, pages="1-3", deadline=4.0, correct="lexicon", isolate="never", allow_url=True
    )
    assert options.language == ("de", "fr")
    assert options.runtime.threads == 2
    assert options.limits.deadline_s == 4.0
    assert options.correct.corrector == "lexicon"
    assert (options.load.pages, options.load.isolate, options.load.web.allow) == ("1-3", "never", True)


def test_nothing_given_is_zero_and_not_left_out():
    with pytest.raises(OptionError, match="threads = 0"):
        reader_options(None, threads=0)


def test_the_command_line_stands_over_the_file(tmp_path: Path):
    file = tmp_path / "options.yaml"
    file.write_text("mode: auto\nload:\n  dpi: 200\n  web:\n    hosts: [scans.example.org]\n")
    options = reader_options(file, dpi=300.0, allow_url=True)
    assert (options.mode, options.load.dpi) == ("auto", 300.0)
    assert (options.load.web.allow, options.load.web.hosts) == (True, ("scans.example.org",))


def test_a_preference_leaves_what_was_given_beside_it():
    options = reader_options(None, prefer="speed", precision="f32", threads=2)
    assert (options.runtime.precision, options.runtime.threads) == ("f32", 2)
    assert options.recognize.squeeze == 0.85


def test_an_argument_without_a_place_is_a_fault_of_the_command():
    with pytest.raises(KeyError):
        reader_options(None, langauge=None)
