"""Failures in the words of the service: a status, a JSON envelope, and when to come again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.responses import Response

from inkread.errors import ConfigError, CredentialsError, InkreadError, ServiceError
from inkread.wire import Failure

# The service's own troubles: what they say is for its operator - paths, models, devices.
_HOW_IT_IS_PUT: Final[Mapping[int, str]] = {
    500: "the service failed; its log knows more",
    503: "the service cannot do this now",
}


def failure(error: Exception, log_id: str) -> Response:
    """Return the answer that tells of an error, and nothing that only the operator should know."""
    told = tell(error)
    status = told.status
    body = Failure(log_id=log_id, error_code=status, error_msg=told.message, kind=told.kind)
    headers = {}
    if isinstance(error, CredentialsError):
        headers["www-authenticate"] = 'Bearer realm="inkread"'
    if (wait_s := getattr(error, "retry_after_s", None)) is not None:
        headers["retry-after"] = str(math.ceil(wait_s))
    return Response(body.model_dump_json(by_alias=True), status, headers, "application/json")


class Told(NamedTuple):
    """An error as a client may know it."""

    status: int
    kind: str
    message: str


def tell(error: Exception) -> Told:
    """Return what may be told of an error."""
    # A file of the operator's that is wrong is no fault of the request.
    status = error.http_status if isinstance(error, InkreadError) and not isinstance(error, ConfigError) else 500
    is_private = status == 500 or (status == 503 and not isinstance(error, ServiceError))
    message = _HOW_IT_IS_PUT[status] if is_private else str(error)
    return Told(status, type(error).__name__ if isinstance(error, InkreadError) else "InkreadError", printable(message))


def printable(message: str) -> str:
    """Return a message as any terminal and encoding may have it: it may quote what a client sent."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in message)


def with_status(error: InkreadError, status: int) -> InkreadError:
    """Return an error that is told with another status than its class has."""
    error.http_status = status
    return error
