"""`inkread serve`: the reader as an HTTP service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option("--host", help="Where to listen; 0.0.0.0 for all of the network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 8080,
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML options; `inkread serve --print-config` prints the defaults.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Answer anybody who can reach it, without credentials.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Reach nobody: no connection leaves the process.")] = False,
    allow_url: Annotated[bool, typer.Option("--allow-url", help="Read from public http and https addresses.")] = False,
    print_config: Annotated[bool, typer.Option("--print-config", help="Print all options as YAML and exit.")] = False,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve HTTP: POST /ocr and /v1/read, described at /docs. Who may ask: `inkread clients`.

    Without clients only this machine is answered; anything else needs --insecure.
    """
    from inkread.extras import check_installed

    check_installed("service")
    from inkread.configuration import load_yaml, to_yaml
    from inkread.errors import OptionError
    from inkread.service.settings import ServiceOptions

    options = load_yaml(config, ServiceOptions) if config else ServiceOptions()
    if allow_url:
        options = options.with_web(allow=True)
    if print_config:
        typer.echo(to_yaml(options), nl=False)
        return
    if log_level not in ("debug", "info", "warning", "error"):
        raise OptionError(f'--log-level is "{log_level}"', remedy="use debug, info, warning or error")
    from inkread.service.server import serve as run

    run(options, host=host, port=port, insecure=insecure, offline=offline, log_level=log_level.upper())
