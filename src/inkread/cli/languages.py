"""`inkread languages`: what can be read, by which model, and how much of the alphabet."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from inkread.registry.listing import LanguageReader, LanguageSupport

# So many missing letters are shown; a CJK model may lack a thousand.
_SHOWN = 12


def languages(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[LANGUAGE...]", help="Only these: tags, English names, packs.")
    ] = None,
    installed: Annotated[bool, typer.Option("--installed", help="Only those that a model here reads.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")] = False,
) -> None:
    """List languages with the models that read them (* is here), and how much of the alphabet these can write."""
    from inkread.registry.languages import matches, tag_of
    from inkread.registry.listing import list_languages

    asked = [tag_of(name) for name in names or ()]
    found = [
        each
        for each in list_languages()
        if (not asked or any(matches(tag, each.tag) for tag in asked)) and (each.is_readable or not installed)
    ]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        typer.echo(f"{each.tag:9}{each.name:28}{each.script:6}{', '.join(map(_told, each.readers))}")
        if warning := _warning(each):
            typer.echo(f"{'':9}{warning}")


def _told(reader: LanguageReader) -> str:
    name = reader.name if reader.kind == "network" else f"{reader.name}.traineddata"
    if not reader.is_here:
        return name
    return f"*{name}" if reader.coverage is None else f"*{name} {100 * reader.coverage:.4g} %"


def _warning(language: LanguageSupport) -> str:
    """Return what the model that would be used lacks."""
    first = next((reader for reader in language.readers if reader.is_here), None)
    if first is None or not first.missing:
        return ""
    shown = " ".join(first.missing[:_SHOWN])
    more = f" and {len(first.missing) - _SHOWN} more" if len(first.missing) > _SHOWN else ""
    return f"warning: {first.name} cannot write {shown}{more}"
