"""Read pictures: find the text, recognise it, put it in order, export it.

    import inkread

    document = inkread.read("receipt.jpg")
    print(document)

The names below are resolved on first use: `import inkread` itself loads no other module.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
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

if TYPE_CHECKING:
    from inkread.client import AsyncClient, Client
    from inkread.convert import pdf_to_png, upscale_image
    from inkread.correct.by_model import open_language_model
    from inkread.document import Block, Cell, Char, Document, Line, Page, Pair, Table, Word
    from inkread.errors import DeviceError, InkreadError, InputError, ModelError, OptionError, OutputError
    from inkread.extract.extraction import extract_fields
    from inkread.geometry import Box, Point, Quad
    from inkread.image import Image
    from inkread.load.source import open
    from inkread.options import (
        ArrangeOptions,
        CorrectOptions,
        DetectOptions,
        EnhanceOptions,
        LanguageModelOptions,
        Limits,
        LoadOptions,
        ReaderOptions,
        RecognizeOptions,
        RuntimeOptions,
        WebOptions,
    )
    from inkread.pipeline import Reader, free_resources, read
    from inkread.post_processing import post_process
    from inkread.redaction.redact import redact
    from inkread.registry.listing import list_languages
else:
    # Hidden from type checkers, so that they still report a name that is not there.
    _NAMES = {
        "inkread.client": ("AsyncClient", "Client"),
        "inkread.convert": ("pdf_to_png", "upscale_image"),
        "inkread.correct.by_model": ("open_language_model",),
        "inkread.document": ("Block", "Cell", "Char", "Document", "Line", "Page", "Pair", "Table", "Word"),
        "inkread.errors": ("DeviceError", "InkreadError", "InputError", "ModelError", "OptionError", "OutputError"),
        "inkread.extract.extraction": ("extract_fields",),
        "inkread.geometry": ("Box", "Point", "Quad"),
        "inkread.image": ("Image",),
        "inkread.load.source": ("open",),
        "inkread.options": (
            "ArrangeOptions",
            "CorrectOptions",
            "DetectOptions",
            "EnhanceOptions",
            "LanguageModelOptions",
            "Limits",
            "LoadOptions",
            "ReaderOptions",
            "RecognizeOptions",
            "RuntimeOptions",
            "WebOptions",
        ),
        "inkread.pipeline": ("Reader", "free_resources", "read"),
        "inkread.post_processing": ("post_process",),
        "inkread.redaction.redact": ("redact",),
        "inkread.registry.listing": ("list_languages",),
    }
    _HOMES = {name: module for module, names in _NAMES.items() for name in names}

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'inkread' has no attribute {name!r}")
        from importlib import import_module

        try:
            value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "inkread":
                raise
            # inkread-client holds a part of these modules.
            raise ImportError(f"inkread.{name} is not in this installation: pip install inkread") from error
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
