"""Whether a file may be handed to what loads models: its kind, told by suffix and content, before any loader runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from inkread.errors import ModelError
from inkread.registry.gguf_file import gguf_header
from inkread.registry.onnx_file import onnx_classes, onnx_weight_files

# What may be listed as a model where somebody else has put it.
MODEL_SUFFIXES: Final = (".onnx", ".gguf", ".bin", ".traineddata")

_PICKLES: Final = (".pt", ".pth", ".pkl", ".pickle", ".pdparams", ".ckpt", ".joblib")
_ZIP: Final = b"PK\x03\x04"
# n-grams are arrays in a zip, read without pickles (`NGrams.from_file`).
_ZIPS: Final = (".zip", ".npz")
_BLANK: Final = 1


def check_model_file(path: Path) -> None:
    """Raise ModelError unless a file may be loaded: no pickle, a whole ONNX file or GGUF file where it is called so.

    What an ONNX file keeps outside its folder is refused too. A pickle is a program: loading it runs it.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ModelError(f'cannot read the model file "{path}": {error.strerror or error}') from error
    suffix = path.suffix.lower()
    is_pickle = start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5")
    if is_pickle or suffix in _PICKLES or (start == _ZIP and suffix not in _ZIPS):
        raise ModelError(
            f'"{path}" is a pickle, or a zip that holds one, and is never loaded', remedy="export the model as ONNX"
        )
    if suffix == ".onnx":
        _check_weights(path)
    elif suffix == ".gguf":
        gguf_header(path)


def _check_weights(path: Path) -> None:
    for name in onnx_weight_files(path):
        if not (path.parent / name).is_file():
            raise ModelError(
                f'"{path}" keeps weights in "{name}", which is not there', remedy=f'put it into "{path.parent}"'
            )


def check_classes(path: Path, characters: str, *, has_space: bool) -> None:
    """Raise ModelError where a recogniser's file says how many classes it has and a character list makes another sum.

    characters: one a line, in class order, without the blank.
    """
    classes = onnx_classes(path)
    made = len(split_characters(characters)) + _BLANK + has_space
    if classes is not None and classes != made:
        raise ModelError(
            f'"{path}" has {classes:,} classes, its {made - _BLANK - has_space:,} characters make {made:,} '
            f"with the blank{' and the space' if has_space else ''}",
            remedy="the model and its character list do not belong together",
        )


def split_characters(text: str) -> list[str]:
    """Return the characters of a list with one a line."""
    return text.removesuffix("\n").split("\n")
