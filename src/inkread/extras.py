"""Optional packages: what needs them, which extra brings them, and what is said where they are not here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final, NamedTuple

from inkread.errors import MissingPackageError


class _Extra(NamedTuple):
    """What an extra is for, and the module of each of its packages."""

    user: str
    modules: Mapping[str, str]


# As pyproject.toml has them, but for engines (runtime.open) and what is no part of the library; a test compares.
_EXTRAS: Final[Mapping[str, _Extra]] = {
    "client": _Extra("the client", {"httpx2": "httpx2"}),
    "correct": _Extra(
        "correcting by a lexicon",
        {"pyspellchecker": "spellchecker", "simplemma": "simplemma", "symspellpy": "symspellpy"},
    ),
    "docx": _Extra("writing DOCX", {"python-docx": "docx"}),
    "encryption": _Extra("sealing what jobs keep", {"cryptography": "cryptography"}),
    "heif": _Extra("reading HEIF", {"pillow-heif": "pillow_heif"}),
    "hub": _Extra("opening models of a hub", {"huggingface_hub": "huggingface_hub"}),
    "int8": _Extra("a model in 8-bit integers", {"nncf": "nncf", "onnx": "onnx", "torch": "torch"}),
    "llm": _Extra("a language model on this machine", {"xllamacpp": "xllamacpp"}),
    "objects": _Extra("reading from object stores", {"fsspec": "fsspec"}),
    "parquet": _Extra("Parquet", {"pyarrow": "pyarrow"}),
    "ray": _Extra("a batch on a cluster", {"ray": "ray"}),
    "ray-serve": _Extra("serving on a cluster", {"ray[serve]": "ray"}),
    "service": _Extra(
        "the service",
        {
            "fastapi": "fastapi", "prometheus-client": "prometheus_client", "PyJWT": "jwt",
            "python-multipart": "python_multipart", "uvicorn": "uvicorn",
        },
    ),
    "tesseract": _Extra("reading with a language pack of Tesseract", {"tesserocr": "tesserocr"}),
    "train": _Extra("training", {"onnx": "onnx", "torch": "torch"}),
    "xlsx": _Extra("writing XLSX", {"xlsxwriter": "xlsxwriter"}),
}  # fmt: skip


def is_installed(extra: str) -> bool:
    """Whether all packages of an extra are here; none of them is imported."""
    return not _absent(extra)


def check_installed(extra: str) -> None:
    """Raise MissingPackageError, which says what to install, where a package of an extra is not here."""
    if not is_installed(extra):
        raise not_installed(extra)


def not_installed(extra: str, user: str = "") -> MissingPackageError:
    """Return the error that says what to install, for an extra whose packages cannot be imported.

    user: what needs them, where more can be said of it than the extra's name.
    """
    # All of them, where they are here and one of them fails in what it imports itself.
    names = _absent(extra) or list(_EXTRAS[extra].modules)
    packages = f"the package{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return MissingPackageError(
        f"{user or _EXTRAS[extra].user} needs {packages}", remedy=f"pip install inkread[{extra}]"
    )


def _absent(extra: str) -> list[str]:
    return [package for package, module in _EXTRAS[extra].modules.items() if find_spec(module) is None]
