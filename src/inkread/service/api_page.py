"""The service described: OpenAPI with examples, and a page of it that needs nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inkread.service.answers import MEDIA_TYPES
from inkread.wire import (
    ExtractReply,
    Failure,
    FileRequest,
    ImageRequest,
    JobRequest,
    JobStatus,
    OcrReply,
    Pages,
    ReadRequest,
    Token,
)

ABOUT: Final = (
    "Reads pictures and PDFs. `/ocr` speaks the words of services that exist, `/v1` its own. "
    "Every failure is a JSON object with `errorCode`, which is the HTTP status, and `errorMsg`."
)
OAUTH_ERRORS: Final = ("invalid_request", "unsupported_grant_type")
_REFS: Final = "#/components/schemas/{model}"
# A white picture of 1 x 1 px.
_PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="
_FAILURES: Final[Mapping[int, str]] = {
    400: "The request is malformed, or an option is wrong.",
    401: "No credentials, or wrong ones.",
    403: "The address may not be asked.",
    404: "There is nothing here by that name, or it is not this client's.",
    408: "The body did not arrive in time.",
    409: "Not done yet, or the key stands for another job.",
    413: "Larger than the limits.",
    415: "No format that is read.",
    422: "The input cannot be read, or a field is wrong.",
    429: "More than this client's share; Retry-After says when to come again.",
    431: "Too many or too long headers.",
    500: "The service failed.",
    501: "A package is not installed here.",
    502: "The address gives nothing.",
    503: "Too much to do; Retry-After says when to come again.",
    504: "Not done in time.",
    507: "There is no room for jobs.",
}


def failures() -> dict[int | str, dict[str, Any]]:
    """Return the failures that any endpoint may answer with."""
    return {status: {"model": Failure, "description": about} for status, about in _FAILURES.items()}


def ocr() -> dict[str, Any]:
    """Return what OpenAPI says of /ocr."""
    examples = {
        "older": {"summary": "a picture", "value": {"image": _PIXEL, "inferenceParams": {"maxLongSide": 960}}},
        "newer": {"summary": "a file", "value": {"file": _PIXEL, "fileType": 1, "visualize": False}},
    }
    schema = {"anyOf": [_ref(ImageRequest), _ref(FileRequest)]}
    return {
        "responses": {200: {"model": OcrReply, "description": "What was read."}, **failures()},
        "openapi_extra": {"requestBody": _json_body(schema, examples)},
    }


def read() -> dict[str, Any]:
    """Return what OpenAPI says of /v1/read."""
    examples = {
        "text": {"summary": "plain text", "value": {"file": _PIXEL, "format": "text"}},
        "receipt": {"summary": "fields of a receipt", "value": {"file": _PIXEL, "extract": "receipt"}},
        "pages": {"summary": "some pages", "value": {"file": _PIXEL, "pages": "1-3", "language": ["en", "fr"]}},
    }
    return {"responses": {200: _document(), **failures()}, "openapi_extra": _reading(ReadRequest, examples)}


def _document() -> dict[str, Any]:
    content: dict[str, Any] = {media: {"schema": {"type": "string"}} for media in sorted({*MEDIA_TYPES.values()})}
    content["application/json"] = {"schema": {"anyOf": [{"type": "object"}, _ref(ExtractReply)]}}
    return {"description": "The document in the format that was asked for.", "content": content}


def _reading(request: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a body that names something to read: JSON, or a form with the file."""
    body = _json_body(_ref(request), examples)
    names = {name: {"type": "string"} for name in request.model_fields if name != "file"}
    form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, **names}}
    body["content"]["multipart/form-data"] = {"schema": form}
    return {"requestBody": body}


def submit() -> dict[str, Any]:
    """Return what OpenAPI says of submitting a job."""
    examples = {
        "job": {"summary": "a document", "value": {"file": _PIXEL, "name": "report.pdf", "language": ["en"]}},
        "told": {
            "summary": "tell an address when it ends",
            "value": {"file": _PIXEL, "extract": "invoice", "webhook": "https://example.org/read"},
        },
    }
    location = {"location": {"schema": {"type": "string"}, "description": "where the job's status is"}}
    taken = {"model": JobStatus, "description": "The job was taken.", "headers": location}
    return {
        "status_code": 202,
        "responses": {202: taken, **failures()},
        "openapi_extra": _reading(JobRequest, examples),
    }


def events() -> dict[str, Any]:
    """Return what OpenAPI says of a job's events."""
    example = 'id: 1\nevent: page\ndata: {"position": 1, "pages": 12, "page": {"number": 1, "text": "..."}}\n\n'
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    about = "`page` for each page, with `page` or `error`; `state`; `end` with the job's status."
    return {"responses": {200: {"description": about, "content": content}, **failures()}, "response_class": Response}


def result() -> dict[str, Any]:
    """Return what OpenAPI says of a job's result."""
    return {"responses": {200: _document(), **failures()}, "response_class": Response}


def pages() -> dict[str, Any]:
    """Return what OpenAPI says of /v1/pages."""
    told = read()
    return {"responses": {200: {"model": Pages}, **failures()}, "openapi_extra": told["openapi_extra"]}


def token() -> dict[str, Any]:
    """Return what OpenAPI says of /connect/token."""
    properties = {name: {"type": "string"} for name in ("grant_type", "client_id", "client_secret")}
    schema = {"type": "object", "required": ["grant_type"], "properties": properties}
    form = {"schema": schema, "example": {"grant_type": "client_credentials", "client_id": "ink_0123456789abcdef"}}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": form}}
    return {
        "responses": {200: {"model": Token, "description": "A token."}, **failures()},
        "openapi_extra": {"requestBody": body, "security": []},
    }


def _ref(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REFS.format(model=model.__name__)}


def _json_body(schema: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}


def add(app: FastAPI) -> None:
    """Add the description and its page to the app."""

    @cache
    def described() -> dict[str, Any]:
        whole = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        kinds = [(model, "validation") for model in (ImageRequest, FileRequest, ReadRequest, JobRequest, ExtractReply)]
        _, more = models_json_schema(kinds, ref_template=_REFS)  # type: ignore[arg-type]  # of literals
        components = whole.setdefault("components", {})
        components["schemas"] = {**more["$defs"], **components.get("schemas", {})}
        flow = {"clientCredentials": {"tokenUrl": "/connect/token", "scopes": {}}}
        components["securitySchemes"] = {"client": {"type": "oauth2", "flows": flow}}
        whole["security"] = [{"client": []}]
        return whole

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return JSONResponse(described())

    @app.get("/docs", include_in_schema=False)
    async def page(request: Request) -> Response:
        return HTMLResponse(_page(described()))

    @app.get("/docs.css", include_in_schema=False)
    async def style(request: Request) -> Response:
        return Response(_STYLE, media_type="text/css")


def _page(description: Mapping[str, Any]) -> str:
    """Return the description as HTML: every endpoint with its requests, answers and examples."""
    title = escape(f"{description['info']['title']} {description['info']['version']}")
    parts = [_operation(path, method, told) for path, by in description["paths"].items() for method, told in by.items()]
    schemas = [_schema(name, told) for name, told in sorted(description["components"]["schemas"].items())]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="stylesheet" href="/docs.css"><main><h1>{title}</h1>'
        f"<p>{_with_code(description['info'].get('description', ''))}</p>"
        f'<p><a href="/openapi.json">openapi.json</a> · <a href="/">the page for people</a></p>{"".join(parts)}'
        f"<h2>Objects</h2>{''.join(schemas)}</main></html>"
    )


def _operation(path: str, method: str, told: Mapping[str, Any]) -> str:
    content = told.get("requestBody", {}).get("content", {})
    asked = "".join(
        f"<h3>{escape(media)}</h3>"
        + "".join(f"<pre>{_as_json(each['value'])}</pre>" for each in body.get("examples", {}).values())
        + f"<details><summary>schema</summary><pre>{_as_json(body.get('schema', {}))}</pre></details>"
        for media, body in content.items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{escape(each.get('description', ''))}"
        for status, each in sorted(told.get("responses", {}).items())
    )
    about = _with_code(told.get("description", ""))
    return (
        f"<section><h2><b>{escape(method.upper())}</b> <code>{escape(path)}</code></h2><p>{about}</p>{asked}"
        f"<details><summary>answers</summary><table>{answers}</table></details></section>"
    )


def _with_code(text: str) -> str:
    """Return a text as HTML; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _schema(name: str, told: Mapping[str, Any]) -> str:
    return f'<details id="{escape(name)}"><summary>{escape(name)}</summary><pre>{_as_json(told)}</pre></details>'


def _as_json(value: Any) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False))


_STYLE: Final = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 }
main { max-width: 52rem; margin: 0 auto; padding: 1rem }
section { border-top: 1px solid #8886; margin-top: 2rem }
code { font-size: .95em }
pre { background: #8882; padding: .75rem; border-radius: .5rem; overflow: auto; max-height: 24rem }
td { padding: .1rem .75rem .1rem 0; vertical-align: top }
summary { cursor: pointer }
"""
