"""`inkread clients`: who may use a service that runs here."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from inkread.cli.helped import command, command_group
from inkread.cli.house import AsJson
from inkread.cli.progress import printable

if TYPE_CHECKING:
    from inkread.service.clients import Client

clients = command_group(
    "clients", "Clients of the service: their credentials and quotas. A running service takes notice at once."
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `inkread clients list` shows it.")]


@command(clients, "clients add")
def add(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="For people.")] = "",
    requests: Annotated[
        float | None, typer.Option("--requests", min=0.001, help="Requests a minute; as the service's options say.")
    ] = None,
    megapixels: Annotated[
        float | None, typer.Option("--megapixels", min=0.001, help="Megapixels a minute; as the service's options say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a client and print its id and secret. The secret is shown this once and kept nowhere."""
    from inkread.service.clients import ClientBook, Quota

    _show(*ClientBook().add(name, Quota(requests, megapixels)), as_json)


@command(clients, "clients list")
def list_(as_json: AsJson = False) -> None:
    """List the clients, their quotas and when they came."""
    from dataclasses import asdict

    from inkread.service.clients import ClientBook

    found = ClientBook().clients()
    if as_json:
        typer.echo(json.dumps([asdict(client) for client in found], ensure_ascii=False, indent=1))
        return
    for client in found:
        day = time.strftime("%Y-%m-%d", time.gmtime(client.created))
        state = "revoked" if client.is_revoked else "active"
        typer.echo(f"{client.id:22}{state:9}{day:12}{_quota(client):32}{printable(client.name)}".rstrip())


@command(clients, "clients rotate")
def rotate(
    client_id: _Id = "",
    keys: Annotated[bool, typer.Option("--keys", help="The keys that sign tokens, in place of a secret.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a client another secret; the old one and its tokens are good for nothing from now on."""
    from inkread.errors import OptionError
    from inkread.service.clients import ClientBook

    if keys == bool(client_id):
        raise OptionError("nothing says what to rotate", remedy="give either a client's id or --keys")
    if keys:
        ClientBook().rotate_keys()
        return
    _show(*ClientBook().rotate(client_id), as_json)


@command(clients, "clients revoke")
def revoke(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="As `inkread clients list` shows it.")],
) -> None:
    """Shut a client out for good, its tokens too."""
    from inkread.service.clients import ClientBook

    ClientBook().revoke(client_id)


def _show(client: Client, secret: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"client_id": client.id, "client_secret": secret}))
        return
    typer.echo(f"client_id={client.id}\nclient_secret={secret}")
    print("inkread: the secret is kept nowhere; note it now", file=sys.stderr)


def _quota(client: Client) -> str:
    quota = client.quota
    parts = [
        f"{value:g} {name}/min"
        for name, value in (("requests", quota.requests), ("Mpx", quota.megapixels))
        if value is not None
    ]
    return ", ".join(parts) or "-"
