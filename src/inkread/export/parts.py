"""JSON values with the path where each stands, for messages that name the place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from inkread.errors import DamagedInputError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A value of a JSON text and the path where it stands. What is not as expected raises DamagedInputError."""

    value: Any
    path: str

    def get(self, name: str, read: Callable[[Part], T], default: T | None = None) -> T:
        """Return the field as `read` gives it; `default`, where there is one, if the field is missing or null."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        value = self.value.get(name)
        if value is None and default is not None:
            return default
        if name not in self.value:
            raise DamagedInputError(f'{self.path}: the field "{name}" is missing')
        return read(Part(value, f"{self.path}.{name}"))

    def maybe(self, name: str, read: Callable[[Part], T]) -> T | None:
        """Return the field as `read` gives it; None if it is missing or null."""
        if isinstance(self.value, dict) and self.value.get(name) is None:
            return None
        return self.get(name, read)

    def items(self, count: int | None = None) -> list[Part]:
        if not isinstance(self.value, list) or (count is not None and len(self.value) != count):
            raise self.wrong("an array" if count is None else f"an array of {count} values")
        return [Part(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong("a number")
        # An integer beyond the range of floats raises OverflowError, a float like 1e999 arrives as infinity.
        try:
            value = float(self.value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.wrong("a finite number")
        return value

    def count(self) -> int:
        value = self.number()
        if not value.is_integer() or value < 0:
            raise self.wrong("a whole number from 0")
        return int(self.value)

    def choice(self, *choices: str) -> str:
        if self.value not in choices:
            raise self.wrong(f"one of {', '.join(choices)}")
        return cast("str", self.value)

    def wrong(self, expected: str) -> DamagedInputError:
        if isinstance(self.value, dict | list):
            given = "an object" if isinstance(self.value, dict) else f"an array of {len(self.value)}"
        else:
            given = json.dumps(self.value, default=repr)[:60]
        return DamagedInputError(f"{self.path} is {given}, expected {expected}")


def all_of(read: Callable[[Part], T]) -> Callable[[Part], tuple[T, ...]]:
    """Return what reads an array, each of its values with `read`."""
    return lambda part: tuple(read(item) for item in part.items())
