"""What a call of another system may be given here, languages by their names among it; whatever else is an error.

The error names what there is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from inkread.errors import LanguageError, OptionError
from inkread.registry.languages import tag_of

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Value = TypeVar("Value")


class ArgumentError(OptionError, TypeError, ValueError):
    """A call has an argument, or a value of one, that this dialect does not know; the message names those it knows."""


def named(call: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return the call, which answers an argument it has not with the names of those that it has."""
    signature = inspect.signature(call)

    @wraps(call)
    def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            names = [name for name in signature.parameters if name not in ("self", "cls")]
            what = call.__qualname__.removesuffix(".__init__")
            remedy = f"it takes {', '.join(names)}" if names else "it takes no argument"
            raise ArgumentError(f"{what}: {error}", remedy=remedy) from None
        return call(*args, **kwargs)

    return checked


def meaning(name: str, given: object, table: Mapping[object, Value]) -> Value:
    """Return what a value of an argument means here. Raises ArgumentError that names all values with a meaning."""
    try:
        return table[given]
    except (KeyError, TypeError):
        known = ", ".join(repr(each) for each in table)
        raise ArgumentError(f"{name} = {given!r} means nothing here", remedy=f"use {known}") from None


def only(name: str, given: object, *supported: object) -> None:
    """Raise ArgumentError unless an argument has one of the values that are supported."""
    meaning(name, given, dict.fromkeys(supported))


class _Languages(type):
    def __getattr__(cls, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return tag_of(name.replace("_", " "))
        except LanguageError as error:
            raise AttributeError(str(error)) from None


class OcrLanguage(metaclass=_Languages):
    """Tags of languages by their English names: `OcrLanguage.Spanish`, `OcrLanguage.SPANISH`."""
