"""`inkread models`: which models there are, and where their files lie."""

from __future__ import annotations

from typing import Annotated

import typer

models = typer.Typer(help="Models: list, info, path.")


@models.command("list")
def list_models(
    installed: Annotated[bool, typer.Option("--installed", help="Only those whose files are here.")] = False,
) -> None:
    """List the models of the catalogue, those that are installed with a star."""
    from inkread.registry.catalog import load_catalog
    from inkread.registry.store import Store

    here = {model.card.name for model in Store().installed()}
    for card in load_catalog():
        if card.name in here or not installed:
            mark = "*" if card.name in here else " "
            languages = f"{len(card.languages)} languages" if len(card.languages) > 3 else " ".join(card.languages)
            typer.echo(f"{mark} {card.name:36}{card.task:16}{card.tier:8}{languages}".rstrip())


@models.command()
def info(name: str) -> None:
    """Print a model's card: files, sha256, languages, licence and published figures with their sets."""
    from inkread.registry.catalog import load_catalog

    card = load_catalog().get(name)
    typer.echo(f"{card.name}: {card.task}, {card.family} {card.tier}, {card.license}")
    if card.unavailable:
        typer.echo(f"not available: {card.unavailable}")
    if card.languages:
        typer.echo(f"languages: {' '.join(card.languages)}")
    for file in card.files:
        size = f"{file.size_bytes:,} bytes" if file.size_bytes else "size not published"
        typer.echo(f"file: {file.name}, {size}, sha256 {file.sha256}")
        for source in file.sources:
            typer.echo(f"  {source.kind}: {source.where} {source.path}".rstrip())
    for figure in card.figures:
        typer.echo(
            f"{figure.metric}: {figure.value:g} {figure.unit} on {figure.dataset} ({figure.source}, {figure.date})"
        )


@models.command()
def path(name: str) -> None:
    """Print where a model's file lies, after checking that it is whole."""
    from inkread.registry.store import Store

    typer.echo(Store().find(name))
