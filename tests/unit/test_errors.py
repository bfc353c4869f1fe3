import pickle
import re

import pytest

from inkread import errors
from inkread.errors import InkreadError, OptionError, nearest

ROW = re.compile(r"^[│ ]*(?:[├└]── )?(?P<name>\w+Error) +(?P<exit>\d+|-|exit) +(?P<http>\d+|-|HTTP)")


def all_errors(root: type[InkreadError] = InkreadError) -> list[type[InkreadError]]:
    """The classes of the module; those that other modules derive for their own words keep what they derive from."""
    below = (error for kind in root.__subclasses__() for error in all_errors(kind))
    return [root, *(error for error in below if error.__module__ == errors.__name__)]


def documented() -> dict[str, tuple[str, str]]:
    rows = (ROW.match(line) for line in (errors.__doc__ or "").splitlines())
    return {row["name"]: (row["exit"], row["http"]) for row in rows if row}


def concrete() -> list[type[InkreadError]]:
    """Every class that is raised as it stands: all but the root and the one that only groups."""
    return [kind for kind in all_errors() if documented()[kind.__name__][0].isdigit()]


def test_the_tree_in_the_docstring_names_every_class_in_order():
    assert list(documented()) == [kind.__name__ for kind in all_errors()]


def test_the_tree_in_the_docstring_says_each_exit_code_and_status():
    for kind in concrete():
        assert documented()[kind.__name__] == (str(kind.exit_code), str(kind.http_status))


def test_every_error_has_an_exit_code_of_its_own():
    codes = [kind.exit_code for kind in concrete()]
    assert len(set(codes)) == len(codes)


def test_no_error_takes_an_exit_code_with_another_meaning():
    assert not {kind.exit_code for kind in concrete()} & {0, 1, 2, 20}


def test_http_statuses_blame_the_client_or_the_service():
    for kind in all_errors():
        assert 400 <= kind.http_status < 600


@pytest.mark.parametrize("kind", all_errors())
def test_an_error_survives_a_trip_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind("the page is blue", remedy="paint it white")))
    assert type(error) is kind
    assert (error.message, error.remedy) == ("the page is blue", "paint it white")


def test_the_text_of_an_error_ends_with_what_to_do():
    assert str(InkreadError("the page is blue", remedy="paint it white")) == "the page is blue: paint it white"


def test_an_error_without_remedy_says_what_happened_only():
    assert str(InkreadError("the page is blue")) == "the page is blue"


def test_an_option_error_is_caught_as_an_inkread_error():
    with pytest.raises(InkreadError, match="blue"):
        raise OptionError("the page is blue")


def test_a_misspelt_name_is_answered_with_the_nearest():
    assert nearest("jsn", ["text", "json", "picture"]) == 'did you mean "json"?'


def test_capitals_do_not_hide_the_nearest_name():
    assert nearest("JSON", ["text", "json"]) == 'did you mean "json"?'
    assert nearest("ppocrv6", ["PP-OCRv6", "PP-OCRv4_server"]) == 'did you mean "PP-OCRv6"?'


def test_a_name_like_no_other_is_answered_with_all_names():
    assert nearest("q", ["text", "json", "json"]) == "use one of json, text"
