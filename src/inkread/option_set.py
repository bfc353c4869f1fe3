"""What a set of options is: frozen, validated, and whatever is wrong with it said in one line."""

from __future__ import annotations

import re
import reprlib
from typing import TYPE_CHECKING, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from inkread.errors import OptionError, nearest

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # has no public name


class _RaisesOptionError(ModelMetaclass):
    """Turns pydantic's error into ours where a caller builds options; nested validation keeps its locations."""

    def __call__(cls: Any, *args: Any, **values: Any) -> Any:  # noqa: N805  # a class's class
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            raise OptionError(explain(error, cls)) from error


class Options(BaseModel, metaclass=_RaisesOptionError):
    """A frozen set of options; an unknown name or a value out of range raises OptionError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def with_(self, **values: Any) -> Self:
        """Return a copy with these values, validated."""
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **values})


def explain(error: ValidationError, kind: type[Options]) -> str:
    """Return one line about the first fault: which option, what was given, what is allowed."""
    first = error.errors()[0]
    path = ".".join(str(step) for step in first["loc"]) or kind.__name__
    if first["type"] == "extra_forbidden":
        owner = _options_at(kind, first["loc"][:-1])
        return f'there is no option "{path}": {nearest(str(first["loc"][-1]), owner.model_fields)}'
    if path.endswith(("password", "api_key")):
        return f"{path}: {first['msg'][0].lower()}{first['msg'][1:]}"  # what was given is nobody's business
    given = first.get("input")
    said = f"{path} = {reprlib.repr(given)}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return f"{said}{_nearest_choice(given, first.get('ctx', {}).get('expected', ''))}"


def _nearest_choice(given: object, expected: object) -> str:
    """Return the choice that was probably meant, with what stands before it; nothing where none is like it."""
    choices = re.findall(r"'([^']+)'", str(expected))
    close = nearest(given, choices) if isinstance(given, str) and choices else ""
    return f"; {close}" if close.startswith("did you mean") else ""


def _options_at(kind: type[Options], location: tuple[int | str, ...]) -> type[Options]:
    for step in location:
        field = kind.model_fields.get(str(step))  # none: the number of a list's entry, or its name in a mapping
        if field is not None:
            kind = _options_in(field.annotation) or kind
    return kind


def _options_in(annotation: Any) -> type[Options] | None:
    """Return the options that a type is, or is a list or mapping of."""
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return annotation
    return next(filter(None, map(_options_in, get_args(annotation))), None)
