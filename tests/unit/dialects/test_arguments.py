import pytest

from inkread.dialects.arguments import ArgumentError, meaning, named, only


class Engine:
    @named
    def read(self, path: str, dpi: int = 300) -> str:
        return f"{path} {dpi}"

    @named
    def close(self) -> None:
        return None


def test_a_call_that_fits_goes_through():
    assert Engine().read("a", dpi=200) == "a 200"
    assert Engine().close() is None


@pytest.mark.parametrize(
    "call", [lambda: Engine().read("a", dip=2), lambda: Engine().read(), lambda: Engine().read(1, 2, 3)]
)
def test_a_call_that_does_not_fit_names_what_does(call):
    with pytest.raises(ArgumentError, match=r"Engine\.read: .*: it takes path, dpi"):
        call()


def test_a_call_without_arguments_says_so():
    with pytest.raises(TypeError, match="it takes no argument"):
        Engine().close(1)


def test_an_error_of_the_call_itself_stays_what_it_is():
    @named
    def fails() -> None:
        raise TypeError("of its own")

    with pytest.raises(TypeError, match="of its own") as caught:
        fails()
    assert not isinstance(caught.value, ArgumentError)


@pytest.mark.parametrize("given", ["c", None, [1], {}])
def test_a_value_without_a_meaning_names_those_with_one(given):
    with pytest.raises(ValueError, match=r"mode = .* means nothing here: use 'a', 'b'"):
        meaning("mode", given, {"a": 1, "b": 2})
    with pytest.raises(ValueError, match="use 'a'"):
        only("mode", given, "a")
    assert meaning("mode", "b", {"a": 1, "b": 2}) == 2
