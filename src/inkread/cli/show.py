"""`inkread show`: a page with what was read, drawn into the terminal."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final, cast, get_args

import typer

from inkread.cli import arguments
from inkread.errors import OptionError, nearest

_NARROWEST_PX: Final = 100


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A picture or PDF.")],
    page: Annotated[int, typer.Option("--page", min=1, help="Which page, from 1.")] = 1,
    width: Annotated[int, typer.Option("--width", min=_NARROWEST_PX, help="As wide as this, px.")] = 1000,
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="kitty, iterm2 or sixel; by what the terminal says of itself.")
    ] = None,
    language: arguments.Language = None,
    mode: arguments.Mode = None,
    device: arguments.DeviceName = None,
    password: arguments.Password = None,
    config: arguments.ConfigFile = None,
) -> None:
    """Read a page and show it here with its lines, in terminals that show pictures."""
    from inkread.cli.terminal_pictures import Protocol, as_text, protocol_of

    if protocol is not None and protocol not in get_args(Protocol):
        raise OptionError(f'--protocol is "{protocol}"', remedy=nearest(protocol, get_args(Protocol)))
    chosen = cast("Protocol | None", protocol) or (protocol_of(os.environ) if sys.stdout.isatty() else None)
    if chosen is None:
        raise OptionError(
            "this is no terminal that says it can show pictures",
            remedy="write the picture: inkread FILE -f picture -o page.png; or name a way: --protocol sixel",
        )
    options = arguments.reader_options(
        config, language=language, mode=mode, device=device, pages=str(page), password=password
    )
    from inkread.export.picture import annotate
    from inkread.load import source as sources
    from inkread.pipeline import Reader

    with Reader(options) as reader, sources.open(file, options.limits, options.load) as opened:
        image = next(iter(opened))
        picture = annotate(image, reader.read_page(image))
    picture.thumbnail((width, 4 * width))
    sys.stdout.write(as_text(picture, chosen))
