"""Which licences let anybody use a model for anything; the others need a word of whoever fetches it."""

from __future__ import annotations

from typing import Final

from inkread.errors import ModelError

# SPDX identifiers, folded. All allow commercial use; some ask for attribution or for the same licence again.
_FREE: Final = frozenset(
    {
        *("apache-2.0", "mit", "mit-0", "isc", "bsd-2-clause", "bsd-3-clause", "0bsd", "zlib", "unlicense", "bsl-1.0"),
        *("cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "ofl-1.1", "pddl-1.0", "odc-by-1.0"),
        *("cdla-permissive-1.0", "cdla-permissive-2.0", "mpl-2.0", "lgpl-2.1-only", "lgpl-2.1-or-later"),
        *("lgpl-3.0-only", "lgpl-3.0-or-later", "gpl-2.0-only", "gpl-2.0-or-later", "gpl-3.0-only"),
        *("gpl-3.0-or-later", "agpl-3.0-only", "agpl-3.0-or-later"),
    }
)


def is_free(license: str) -> bool:
    """Whether a licence, an SPDX identifier, is known and lets anybody use the model, for money too."""
    return license.strip().casefold() in _FREE


def check_license(license: str, what: str, *, accepted: bool) -> None:
    """Raise ModelError where a model's licence is not free and was not accepted."""
    if accepted or is_free(license):
        return
    told = f'the licence "{license}"' if license not in ("", "unknown") else "no known licence"
    raise ModelError(
        f"{what} has {told}, which may forbid what you do with it",
        remedy="read it, then say --accept-license (inkread models pull or import)",
    )
