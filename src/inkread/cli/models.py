"""`inkread models`: which models there are, where their files lie, and how they get here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkread.cli import house
from inkread.cli.helped import command, command_group
from inkread.cli.progress import printable

if TYPE_CHECKING:
    from inkread.registry.catalog import ModelCard, ModelFile
    from inkread.registry.downloads import Download
    from inkread.registry.store import InstalledModel, Store

models = command_group("models", "The models of this machine: list them, get, check, remove and carry them.")

_HUB = "hub:"


@command(models, "models list")
def list_models(
    installed: Annotated[bool, typer.Option("--installed", help="Only those whose files are here.")] = False,
    as_json: house.AsJson = False,
) -> None:
    """List the models of the catalogue, those that are installed with a star; and what else lies in the folder.

    A file that no card describes is marked -, a card that cannot be read !.
    """
    from inkread.registry.inventory import items
    from inkread.registry.store import Store

    store = Store()
    here = {model.card.name: model for model in store.installed()}  # once: it looks at each file
    cards = [card for card in store.catalog if card.name in here or not installed]
    others = [item for item in items(store) if not item.model and item.path not in store.faults]
    if as_json:
        house.print_json(
            folder=str(store.folder),
            models=[_as_row(card, here.get(card.name)) for card in cards],
            files=[{"name": item.name, "path": str(item.path), "size_bytes": item.size_bytes} for item in others],
            faults=[{"path": str(path), "error": str(fault)} for path, fault in store.faults.items()],
        )
        return
    for card in cards:
        mark = "*" if card.name in here else " "
        languages = f"{len(card.languages)} languages" if len(card.languages) > 3 else " ".join(card.languages)
        typer.echo(printable(f"{mark} {card.name:36}{card.task:16}{card.tier:8}{languages}".rstrip()))
    for item in others:
        typer.echo(f"- {printable(item.name):36}{'file':16}{house.as_size(item.size_bytes)}")
    for path, fault in store.faults.items():
        typer.echo(f"! {printable(path.name):36}{fault}")


def _as_row(card: ModelCard, found: InstalledModel | None) -> dict[str, Any]:
    return {
        **{key: value for key, value in asdict(card).items() if key != "figures"},
        "installed": found is not None,
        "where": found.where if found else "",
        "paths": [str(path) for path in found.paths] if found else [],
    }


@command(models, "models info")
def info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model, or a file in the folder of models.")],
    as_json: house.AsJson = False,
) -> None:
    """Print a model's card: files, sha256, languages, licence and published figures with their sets.

    Of a file in the folder of models that no card describes, what it says of itself.
    """
    from inkread.registry.store import Store

    store = Store()
    if not as_json and _info_of_file(store, name):
        return
    card = store.card(name)
    if as_json:
        house.print_json(**asdict(card))
        return
    typer.echo(printable(f"{card.name}: {card.task}, {card.family} {card.tier}, {card.license}"))
    if card.unavailable:
        typer.echo(f"not available: {card.unavailable}")
    if card.languages:
        typer.echo(printable(f"languages: {' '.join(card.languages)}"))
    for file in card.files:
        size = f"{file.size_bytes:,} bytes" if file.size_bytes else "size not published"
        typer.echo(f"file: {file.name}, {size}, sha256 {file.sha256}")
        for source in file.sources:
            typer.echo(printable(f"  {source.kind}: {source.where} {source.path}".rstrip()))
    for figure in card.figures:
        whence = f"({figure.source}, {figure.date})"
        typer.echo(printable(f"{figure.metric}: {figure.value:g} {figure.unit} on {figure.dataset} {whence}"))


def _info_of_file(store: Store, name: str) -> bool:
    """Print what a file in the folder of models says of itself; return whether there is one that no card describes."""
    from inkread.registry.gguf_file import gguf_header
    from inkread.registry.inventory import items
    from inkread.registry.model_file import check_model_file
    from inkread.registry.receipts import receipts

    item = next((item for item in items(store) if item.name == name and not item.model and item.path.is_file()), None)
    if item is None:
        return False
    check_model_file(item.path)
    typer.echo(f"{printable(item.name)}: {item.size_bytes:,} bytes, {item.path}")
    if item.path.suffix.lower() == ".gguf":
        header = gguf_header(item.path)
        told = {"architecture": header.architecture, "name": header.name, "licence": header.license}
        for what, text in told.items():
            typer.echo(f"{what}: {printable(text) or 'not told'}")
        typer.echo(f"context: {header.context_length:,} tokens")
    if receipt := receipts(store.folder).get(name):
        typer.echo(f"from: {receipt.source}, {receipt.date}, licence {receipt.license}, sha256 {receipt.sha256}")
    return True


@command(models, "models path")
def path(
    name: Annotated[str | None, typer.Argument(help="A model; without it, the folder of models is printed.")] = None,
) -> None:
    """Print where a model's file lies, after checking that it is whole."""
    from inkread.registry.inventory import items
    from inkread.registry.store import Store

    store = Store()
    if name is None:
        typer.echo(store.folder)
        return
    loose = next((item.path for item in items(store) if item.name == name and not item.model), None)
    typer.echo(loose if loose is not None else store.find(name))


@command(models, "models pull")
def pull(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help=f"Models, {_HUB}OWNER/NAME/FILE@REVISION, or {_HUB}OWNER/NAME:QUANTISATION."
        ),
    ],
    accept_license: house.AcceptLicense = False,
    dry_run: house.DryRun = False,
    as_json: house.AsJson = False,
) -> None:
    """Download models into the folder of models; what is there and whole is left as it is.

    The size, licence and address are printed first. What broke off is gone on with; what is not the file of the card
    goes to quarantine.
    """
    from inkread.registry.downloads import Downloads
    from inkread.registry.store import Store

    store = Store()
    downloads = Downloads(store.folder)
    wanted = [each for name in names for each in _files_wanted(store, name)]
    if dry_run:
        plans = [downloads.plan(file, model=model, license=license) for model, license, file in wanted]
        if as_json:
            house.print_json(planned=[_as_plan(plan) for plan in plans])
        for plan in plans if not as_json else ():
            typer.echo(_in_words(plan))
        return
    got: list[dict[str, str]] = []
    for model, license, file in wanted:
        with house.Transfer(file.name) as transfer:
            path = downloads.fetch(
                file,
                model=model,
                license=license,
                accept_license=accept_license,
                announce=lambda plan: typer.echo(_in_words(plan), err=True),
                progress=transfer.show,
            )
        got.append({"model": model, "path": str(path)})
        if not as_json:
            typer.echo(path)
    for name in names:
        if not name.startswith(_HUB):
            store.find(name)
    if as_json:
        house.print_json(files=got)


def _files_wanted(store: Store, name: str) -> list[tuple[str, str, ModelFile]]:
    """Return the files that a name means which are not here and whole, with the model's name and licence."""
    from inkread.errors import ModelIntegrityError, ModelNotFoundError

    if name.startswith(_HUB):
        return _files_on_hub(name)
    card = store.card(name)
    try:
        found = store.find_files(card)
    except (ModelNotFoundError, ModelIntegrityError):
        fetched = [file for file in card.files if any(source.is_download for source in file.sources)]
        if not fetched:
            raise
        return [(card.name, card.license, file) for file in fetched]
    for path in found:
        typer.echo(f"here already: {path}", err=True)
    return []


def _files_on_hub(text: str) -> list[tuple[str, str, ModelFile]]:
    """Return the file that an address means, or a repository's files of a quantisation: hub:OWNER/NAME:q4_k_m."""
    from inkread.errors import ModelError
    from inkread.registry.cards import check_name
    from inkread.registry.catalog import ModelFile, Source

    address, _, revision = text.removeprefix(_HUB).partition("@")
    repository, _, quantization = address.partition(":")
    if quantization:
        from inkread.registry.language_models import repository_files

        return [(text, "unknown", file) for file in repository_files(repository, quantization, revision)]
    parts = address.split("/")
    if len(parts) < 3 or not all(part.strip(". ") for part in parts):
        raise ModelError(f'"{text}" names no file on a hub', remedy=f"write {_HUB}OWNER/NAME/FILE or ...@REVISION")
    source = Source("hub", "/".join(parts[:2]), "/".join(parts[2:]), revision=revision)
    return [(text, "unknown", ModelFile(check_name(parts[-1], "file"), sources=(source,)))]


def _in_words(plan: Download) -> str:
    size = house.as_size(plan.size_bytes) if plan.size_bytes else "size not told"
    return f"{plan.model}: {size}, {plan.license}, from {plan.source.where} to {plan.target}"


def _as_plan(plan: Download) -> dict[str, Any]:
    return {
        "model": plan.model, "file": plan.file.name, "size_bytes": plan.size_bytes, "license": plan.license,
        "sha256": plan.sha256, "from": plan.source.where, "to": str(plan.target),
    }  # fmt: skip


@command(models, "models verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Models or files; all if none.")] = None,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Move damaged files of the folder of models out of the way.")
    ] = False,
    as_json: house.AsJson = False,
) -> int:
    """Read every byte of the models here and compare it with cards and notes.

    The exit code is 15 where one is damaged, 14 where one is missing.
    """
    from inkread.registry import inventory
    from inkread.registry.downloads import Downloads
    from inkread.registry.store import Store

    store = Store()
    verdicts = inventory.verify(store, names or ())
    moved = {}
    if quarantine:
        for verdict in verdicts:
            path = store.folder / verdict.name
            if verdict.state == "damaged" and path.is_file():
                moved[verdict.name] = str(Downloads(store.folder).quarantine(path))
    if as_json:
        house.print_json(files=[asdict(verdict) for verdict in verdicts], quarantined=moved)
    else:
        for verdict in verdicts:
            typer.echo(f"{verdict.state:8} {printable(verdict.name)}  {verdict.detail}")
        for name, where in moved.items():
            typer.echo(f"moved    {printable(name)}  {where}", err=True)
    return house.worst(verdict.state for verdict in verdicts)


for _name, _function in (
    ("audit", house.audit),
    ("remove", house.remove),
    ("restore", house.restore),
    ("prune", house.prune),
    ("export", house.export),
    ("import", house.import_),
):
    command(models, f"models {_name}")(_function)
