"""The packages of the extra `service`."""

from __future__ import annotations

import importlib.util
from typing import Final

from inkread.errors import MissingPackageError

_PACKAGES: Final = {
    "fastapi": "fastapi", "uvicorn": "uvicorn", "jwt": "PyJWT", "prometheus_client": "prometheus-client",
    "python_multipart": "python-multipart",
}  # fmt: skip


def check_installed() -> None:
    """Raise MissingPackageError where a package of the service is not installed."""
    missing = [name for module, name in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingPackageError(
            f"the service needs the packages {', '.join(missing)}", remedy="pip install inkread[service]"
        )
