"""A model's file, opened to be looked at: whatever is wrong with it becomes an error that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from inkread.errors import ModelError, ModelNotFoundError


class MalformedError(ValueError):
    """The bytes are not of the form expected."""


@contextmanager
def opened(path: Path, form: str) -> Iterator[BinaryIO]:
    """Open a file that should be a model of a form: "ONNX".

    Raises ModelNotFoundError where there is none and ModelError where it cannot be read, or the block says that it is
    malformed.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise ModelNotFoundError(f'there is no model file "{path}"', remedy="check the path") from error
    except OSError as error:
        raise ModelError(f'cannot read the model file "{path}": {error.strerror or error}') from error
    except MalformedError as error:
        raise ModelError(f'"{path}" is not a whole {form} model: {error}', remedy="fetch the file again") from error
