"""Requests made from the service's own description: none ends in an error of ours, each answer is as described.

INKREAD_OPENAPI_CASES says how many for each endpoint; scripts/proofs has 2,000.
"""

from __future__ import annotations

import atexit
import os
import tempfile

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from readers import FakeReader

from inkread.service.app import make_app, service_of
from inkread.service.edge import Receive, Scope, Send
from inkread.service.settings import JobOptions, RateOptions, ServiceOptions

CASES = int(os.environ.get("INKREAD_OPENAPI_CASES", "25"))
_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
atexit.register(_folder.cleanup)
_app = make_app(
    ServiceOptions(
        rate=RateOptions(requests=1e9, megapixels=1e9),
        token_requests=1e9,
        jobs=JobOptions(folder=_folder.name, per_client=100_000, queue=100_000, min_free_mb=1),
    ),
    any_host=True,
    make_reader=FakeReader,
)
service_of(_app).start()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The service, which is not stopped with each test."""
    if scope["type"] != "lifespan":
        await _app(scope, receive, send)
        return
    for end in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{end}.complete"})


schema = schemathesis.openapi.from_asgi("/openapi.json", app)
CHECKS = (
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.status_code_conformance,
)


@schema.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_ends_in_an_error_of_ours(case):
    case.call_and_validate(checks=CHECKS)
