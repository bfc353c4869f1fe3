"""Where learning stands, in one file that is whole or not there; it holds numbers and no programs."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from inkread.errors import ModelError, OutputError

_FORMAT: Final = 1
_KEYS: Final = frozenset({"format", "network", "weights", "average", "optimizer", "place", "best"})


def fingerprint(module: nn.Module, charset: str) -> str:
    """Return what tells networks apart: the names and shapes of their weights, and the characters they give."""
    text = repr([(name, tuple(each.shape)) for name, each in module.named_parameters()]) + charset
    return hashlib.sha256(text.encode()).hexdigest()


def save(state: dict[str, Any], path: Path) -> None:
    """Write a state; the file that was there stays until the new one is whole and on the disk.

    Raises OutputError where it cannot be written, a full disk being the usual reason.
    """
    write_atomically(path, lambda temporary: torch.save({"format": _FORMAT, **state}, temporary))


def write_atomically(path: Path, write: Any) -> None:
    """Let `write` fill an open file, which then gets its name in one step. Raises OutputError where that fails."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105  # a name of a temporary file, not a Path
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError for a full disk
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise OutputError(
            f'cannot write "{path}": {error}', remedy="free some space; what was saved before is still there"
        ) from error
    except BaseException:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise


def load(path: Path, network: str) -> dict[str, Any]:
    """Return the state in a file. network: the fingerprint that it must have.

    Raises ModelError where the file is no state, or that of another network.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        # Torch would advise to load whatever it is, and run what is in it.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged, or something else"
        raise ModelError(f'"{path}" is no checkpoint: {reason}', remedy="remove it, or name another folder") from error
    if not isinstance(state, dict) or not state.keys() >= _KEYS or state["format"] != _FORMAT:
        raise ModelError(f'"{path}" is no checkpoint of this version', remedy="remove it, or name another folder")
    if state["network"] != network:
        raise ModelError(
            f'"{path}" belongs to another network or another charset', remedy="name another folder with --out"
        )
    return state
