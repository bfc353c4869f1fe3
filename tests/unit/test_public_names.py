import ast
import builtins
from pathlib import Path

import pytest

import inkread

HEAVY = ["cv2", "numpy", "onnxruntime", "openvino", "PIL", "platformdirs", "pydantic", "rich", "typer", "yaml"]


def test_the_public_names_are_these():
    assert inkread.__all__ == [
        "ArrangeOptions",
        "AsyncClient",
        "Block",
        "Box",
        "Cell",
        "Char",
        "Client",
        "CorrectOptions",
        "DetectOptions",
        "DeviceError",
        "Document",
        "EnhanceOptions",
        "Image",
        "InkreadError",
        "InputError",
        "LanguageModelOptions",
        "Limits",
        "Line",
        "LoadOptions",
        "ModelError",
        "OptionError",
        "OutputError",
        "Page",
        "Pair",
        "Point",
        "Quad",
        "Reader",
        "ReaderOptions",
        "RecognizeOptions",
        "RuntimeOptions",
        "Table",
        "WebOptions",
        "Word",
        "__version__",
        "extract_fields",
        "free_resources",
        "list_languages",
        "open",
        "open_language_model",
        "pdf_to_png",
        "post_process",
        "read",
        "redact",
        "upscale_image",
    ]


def test_the_public_names_are_sorted():
    assert sorted(inkread.__all__) == inkread.__all__


@pytest.mark.parametrize("name", inkread.__all__)
def test_every_public_name_is_there(name):
    assert getattr(inkread, name) is getattr(inkread, name)
    assert getattr(inkread, name) is not getattr(builtins, name, None)


def test_completion_offers_the_public_names():
    assert set(inkread.__all__) <= set(dir(inkread))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'inkread' has no attribute 'reed'"):
        _ = inkread.reed  # type: ignore[attr-defined]


def test_type_checkers_see_what_is_resolved():
    tree = ast.parse(Path(inkread.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {name.name: node.module for node in checked.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert seen == inkread._HOMES  # type: ignore[attr-defined]
    assert {*seen, "__version__"} == set(inkread.__all__)


def loaded(run_python, script: str) -> set[str]:
    """Return the first parts of the names of all modules that a fresh interpreter loads for this script."""
    names = run_python(f"{script}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))")
    return set(names.split())


@pytest.mark.row("S2-7")
def test_importing_the_package_loads_nothing_heavy(run_python):
    assert not loaded(run_python, "import inkread") & set(HEAVY)


def test_importing_the_package_loads_none_of_its_modules(run_python):
    script = "import sys, inkread; print(*(name for name in sys.modules if name.startswith('inkread.')))"
    assert run_python(script).split() == []


@pytest.mark.parametrize("module", ["errors", "geometry", "document"])
def test_the_values_need_no_picture_library(run_python, module):
    assert not loaded(run_python, f"import inkread.{module}") & set(HEAVY)


@pytest.mark.parametrize("module", ["json", "text", "save"])
def test_writing_text_needs_no_picture_library(run_python, module):
    assert not loaded(run_python, f"import inkread.export.{module}") & {"cv2", "numpy", "PIL"}


def test_the_module_runs_the_command(run_python):
    script = "import runpy, sys; sys.argv = ['inkread', '--help']; runpy.run_module('inkread', run_name='__main__')"
    assert "inkread" in run_python(script)
