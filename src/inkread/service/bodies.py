"""Requests taken apart strictly: what can be understood in two ways is refused. Nothing here touches a disk."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from inkread.errors import RequestError
from inkread.wire import MAX_NAME, FileRequest, ImageRequest, JobRequest, ReadRequest

_Model = TypeVar("_Model", bound=BaseModel)
Reading = TypeVar("Reading", ReadRequest, JobRequest)

# A surrogate alone, which no encoding can write, may come of these.
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_PARTS: Final = 32
_MOST_FIELD_BYTES: Final = 1 << 18
_MOST_HEADER_BYTES: Final = 4096


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is, whatever its content type says.

    Raises RequestError where it is none: other encodings than UTF-8, NaN, a name twice, half a surrogate, too deep.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse_constant)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RequestError("the body is no JSON that can be read in one way", remedy=_reason(error)) from error
    if not isinstance(value, dict):
        raise RequestError("the body is no JSON object", remedy='send {"name": value, ...}')
    return value


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name is given twice")
    return values


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _reason(error: BaseException) -> str:
    """Return what was wrong, without a piece of the body in it."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    if isinstance(error, UnicodeError):
        return "send UTF-8"
    return "too deeply nested" if isinstance(error, RecursionError) else "send plain JSON (RFC 8259)"


def validated(kind: type[_Model], values: Mapping[str, Any]) -> _Model:
    """Return a request of this kind. Raises RequestError that names the field, never what was in it."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        path = ".".join(str(step) for step in first["loc"]) or "the request"
        wrong = RequestError(f"{path[:200]}: {first['msg'][:200]}", remedy="see /docs")
        wrong.http_status = 422
        raise wrong from error


def ocr_request(body: bytes) -> ImageRequest | FileRequest:
    """Return the request that a body for /ocr is: the newer one has `file`, the older `image`."""
    values = json_object(body)
    return validated(FileRequest, values) if "file" in values else validated(ImageRequest, values)


@dataclass(frozen=True)
class ReadCall(Generic[Reading]):
    """A request to read, with its file where one came with it."""

    request: Reading
    content: bytes | None


def read_call(body: bytes, content_type: str, kind: type[Reading]) -> ReadCall[Reading]:
    """Return the request of this kind that a body is: a form with a file, or JSON."""
    if content_type.partition(";")[0].strip().casefold() != "multipart/form-data":
        request = validated(kind, json_object(body))
        content = None if request.file is None else from_base64(request.file)
    else:
        form = parse_form(body, content_type)
        if "file" in form.fields:
            raise RequestError('"file" is no file', remedy='send it as a part with a file name (curl -F "file=@a.jpg")')
        values: dict[str, Any] = {"name": form.name, **form.fields}
        if "language" in values:
            values["language"] = [part.strip() for part in values["language"].split(",") if part.strip()]
        if values.get("extract", "").lstrip().startswith("{"):
            values["extract"] = json_object(values["extract"].encode())
        request = validated(kind, values)
        content = form.file
    if (content is None) == (request.url is None):
        raise RequestError("there is nothing to read", remedy="give either file or url")
    if content is not None and not content:
        raise RequestError("the file is empty", remedy="send its content")
    return ReadCall(request, content)


def from_base64(text: str) -> bytes:
    """Return what Base64 stands for. Raises RequestError where there is anything else in it."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("the file is no Base64", remedy="encode it by RFC 4648, 4, without line ends") from error


def file_name(given: str) -> str:
    """Return what to call a document: the last part of the name that was given."""
    last = re.split(r"[/\\]", given)[-1]
    printable = "".join(character if character.isprintable() else "_" for character in last)
    return printable[:MAX_NAME] or "document"


@dataclass
class Form:
    """A form: its fields, and its one file with its name."""

    fields: dict[str, str] = field(default_factory=dict)
    file: bytes | None = None
    name: str = ""


def parse_form(body: bytes, content_type: str) -> Form:
    """Return the form that a body is (RFC 7578). Raises RequestError where it is none."""
    kind, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary or len(boundary) > 70:
        raise RequestError("the form has no boundary", remedy="let your HTTP client write the content type")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]  # a TypedDict of its own
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, ValueError) as error:
        raise RequestError("the form cannot be read", remedy="send multipart/form-data") from error
    if not parts.is_ended:
        raise RequestError("the form breaks off", remedy="send it to its end")
    return parts.form


class _Parts:
    """Takes the parts of a form as the parser finds them."""

    def __init__(self) -> None:
        self.form = Form()
        self.is_ended = False
        self._count = 0
        self._begin()

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header(self._field, data[start:end]),
            "on_header_value": lambda data, start, end: self._header(self._value, data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._data.extend(memoryview(data)[start:end]),
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._field, self._value, self._data = bytearray(), bytearray(), bytearray()
        self._disposition = b""
        self._count += 1
        if self._count > _MOST_PARTS:
            raise RequestError(f"the form has more than {_MOST_PARTS} parts", remedy="send fewer")

    def _header(self, target: bytearray, data: bytes) -> None:
        target.extend(data)
        if len(target) > _MOST_HEADER_BYTES:
            raise RequestError("a part of the form has too long a header", remedy="shorten the file's name")

    def _end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _end(self) -> None:
        kind, parameters = parse_options_header(self._disposition)
        name = parameters.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or not name:
            raise RequestError("a part of the form has no name", remedy="send form-data with names")
        if name in self.form.fields or (name == "file" and self.form.file is not None):
            raise RequestError("a field of the form is given twice", remedy="send each once")
        if b"filename" in parameters and name == "file":
            self.form.file = bytes(self._data)
            self.form.name = parameters[b"filename"].decode("utf-8", "replace")[-MAX_NAME:]
        elif len(self._data) > _MOST_FIELD_BYTES:
            raise RequestError("a field of the form is too long", remedy='send the file as "file"')
        else:
            try:
                self.form.fields[name] = self._data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise RequestError("a field of the form is no UTF-8", remedy="send UTF-8") from error

    def _finish(self) -> None:
        self.is_ended = True
