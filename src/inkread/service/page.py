"""The web page: plain files, served from memory, with a policy that lets it load nothing from elsewhere."""

from __future__ import annotations

import importlib.resources
from typing import Final

from fastapi import FastAPI
from fastapi.responses import Response

FILES: Final = {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
    "camera.js": "text/javascript; charset=utf-8",
    "sheet.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
PATHS: Final = frozenset({"/", "/site/settings.json", *(f"/site/{name}" for name in FILES)})
# Pictures that were chosen are shown from memory (blob:), those that the service made as data:.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add(app: FastAPI, *, urls: bool) -> None:
    """Add the page to the app. urls: whether addresses are read here, so that it asks for one."""
    folder = importlib.resources.files("inkread.service").joinpath("site")
    contents = {name: folder.joinpath(name).read_bytes() for name in FILES}

    def serve(path: str, name: str) -> None:
        @app.get(path, include_in_schema=False)
        async def file() -> Response:
            headers = {"content-security-policy": _POLICY, "cache-control": "no-cache"}
            return Response(contents[name], media_type=FILES[name], headers=headers)

    @app.get("/site/settings.json", include_in_schema=False)
    async def settings() -> dict[str, bool]:
        return {"urls": urls}

    serve("/", "index.html")
    for name in FILES:
        serve(f"/site/{name}", name)
