"""What travels between a worker and its parent: jobs as pickles, answers as lines of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from inkread import errors
from inkread.document import Document
from inkread.errors import InkreadError
from inkread.export.json import from_dict
from inkread.image import Image

Answer = Document | InkreadError | dict[str, Any]


@dataclass(frozen=True)
class Job:
    """An input as it travels to a worker. content: a path, address or bytes, or its pages where these are pixels."""

    name: str
    content: str | bytes | list[Image]


def understood(line: bytes) -> Answer | None:
    """Return what a worker's line says: a document, what else was done, an error, or None for "ready".

    Raises ValueError for nonsense.
    """
    told = json.loads(line)
    if isinstance(told.get("done"), dict):
        done: dict[str, Any] = told["done"]
        return done
    if "document" in told:
        try:
            return from_dict(told["document"])
        except InkreadError as error:
            raise ValueError("an answer that is no document") from error
    if "error" in told:
        return error_of(told["error"])
    if told != {"ready": True}:
        raise ValueError("an answer of no known kind")
    return None


def fault(error: InkreadError) -> dict[str, Any]:
    """Return an error as JSON can hold it."""
    return {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}


def error_of(told: dict[str, Any]) -> InkreadError:
    """Return the error that `fault` was given."""
    kind = getattr(errors, str(told["kind"]), None)
    is_ours = isinstance(kind, type) and issubclass(kind, InkreadError)
    return (kind if is_ours else InkreadError)(str(told["message"]), remedy=str(told["remedy"]))  # type: ignore[misc]
