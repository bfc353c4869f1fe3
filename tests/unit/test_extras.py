import pickle
import re
import sys
import tomllib
from pathlib import Path

import pytest

from inkread import extras
from inkread.errors import MissingPackageError
from inkread.extras import check_installed, is_installed, not_installed

ROOT = Path(__file__).resolve().parents[2]
# An engine is chosen by runtime.open, the plug-in is OCRmyPDF's to load, and the others are no part of the library.
ELSEWHERE = {"onnx", "ocrmypdf", "docs", "dev"}


def test_the_table_is_what_the_distribution_offers():
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    packages = {
        extra: {re.match(r"[\w-]+(\[[\w-]+\])?", each)[0] for each in each_extra}
        for extra, each_extra in offered.items()
        if extra not in ELSEWHERE
    }
    assert {extra: set(each.modules) for extra, each in extras._EXTRAS.items()} == packages


def test_what_is_here_is_not_complained_about(monkeypatch):
    monkeypatch.setitem(extras._EXTRAS, "json", extras._Extra("reading JSON", {"json": "json"}))
    assert is_installed("json")
    check_installed("json")


def test_what_is_not_here_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jwt", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("jwt", "uvicorn") else name)
    assert not is_installed("service")
    with pytest.raises(MissingPackageError) as told:
        check_installed("service")
    assert str(told.value) == "the service needs the packages PyJWT, uvicorn: pip install inkread[service]"
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)


def test_a_package_that_fails_when_it_is_imported_is_named_too(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    assert str(not_installed("docx")) == "writing DOCX needs the package python-docx: pip install inkread[docx]"


def test_what_needs_it_may_be_said_closer():
    error = not_installed("heif", 'reading "photo.heic" (HEIF)')
    assert str(error).startswith('reading "photo.heic" (HEIF) needs the package pillow-heif')
