"""Keeping house in the folder of models: audit, remove, restore, prune, export, import."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkread.cli.progress import Shown, printable
from inkread.errors import ModelIntegrityError, ModelNotFoundError

if TYPE_CHECKING:
    from inkread.registry.removal import Removal
    from inkread.registry.store import Store

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")]
AcceptLicense = Annotated[
    bool, typer.Option("--accept-license", help="Take models whose licence is unknown or not free; read it first.")
]
Keep = Annotated[
    list[str] | None, typer.Option("--keep", help="Names or patterns that stay, beside those in keep.txt; repeated.")
]
_Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Models or files (inkread models list).")]


def audit(as_json: AsJson = False) -> None:
    """Print what lies in the folder of models, each OLD or CURRENT; and what somebody else has removed.

    OLD is what a higher version of the same name replaces (x_v1.bin, x_v2.bin), and what is called old_.
    """
    from inkread.registry.inventory import items, missing
    from inkread.registry.removal import leftovers, trashed
    from inkread.registry.store import Store

    store = Store()
    found, gone = items(store), missing(store)
    waste = sum(leftover.size_bytes for leftover in leftovers(store, trash=True))
    if as_json:
        rows = [
            {
                "state": "OLD" if item.is_old else "CURRENT", "name": item.name, "path": str(item.path),
                "size_bytes": item.size_bytes, "model": item.model, "replaced_by": item.replaced_by,
            }
            for item in found
        ]  # fmt: skip
        print_json(items=rows, missing=list(gone), trash=[each.name for each in trashed(store)], waste_bytes=waste)
        return
    for item in found:
        typer.echo(f"{'OLD' if item.is_old else 'CURRENT'}: {printable(str(item.path))}")
    for name in gone:
        typer.echo(f"MISSING: {printable(str(store.folder / name))}")
    for path, fault in store.faults.items():
        typer.echo(f"FAULTY: {printable(str(path))} ({fault})")
    if waste:
        typer.echo(f"{as_size(waste)} of trash and quarantine: inkread models prune --empty-trash", err=True)


def remove(names: _Names, keep: Keep = None, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """Move models to the trash, from where `restore` brings them back for thirty days.

    What is in use, or on the keep-list, stays; the exit code is then 13.
    """
    from inkread.registry.removal import plan_removal
    from inkread.registry.store import Store

    store = Store()
    return _carry_out(store, plan_removal(store, names, keep or ()), dry_run, as_json)


def prune(
    keep: Keep = None,
    empty_trash: Annotated[bool, typer.Option("--empty-trash", help="Delete trash and quarantine for good.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Move everything OLD to the trash, and delete what has been in it, or half downloaded, for thirty days."""
    from inkread.registry.removal import drop, leftovers, plan_prune
    from inkread.registry.store import Store

    store = Store()
    old = leftovers(store, trash=empty_trash)
    for leftover in old:
        if not dry_run:
            drop(store, leftover)
        if not as_json:
            typer.echo(f"{'would delete' if dry_run else 'deleted'} {leftover.path} ({as_size(leftover.size_bytes)})")
    removals = plan_prune(store, keep or ())
    _carry_out(store, removals, dry_run, as_json, deleted=[str(leftover.path) for leftover in old])
    return 0  # what stays for a reason is no failure of a clean-up


def _carry_out(store: Store, removals: tuple[Removal, ...], dry_run: bool, as_json: bool, **more: list[str]) -> int:
    from inkread.errors import ModelError
    from inkread.registry.removal import remove as remove_item

    rows: list[dict[str, Any]] = []
    refused = 0
    for removal in removals:
        reason = removal.refusal
        if not reason and not dry_run:
            try:
                remove_item(store, removal.item)
            except ModelError as error:  # it came into use after it was looked at
                reason = str(error)
        refused += bool(reason)
        verb = "kept" if reason else "would remove" if dry_run else "removed"
        rows.append({"name": removal.item.name, "size_bytes": removal.item.size_bytes, "done": verb, "reason": reason})
        if not as_json:
            typer.echo(f"{verb} {printable(removal.item.name)} ({reason or as_size(removal.item.size_bytes)})")
    if as_json:
        print_json(items=rows, **more)
    return ModelError.exit_code if refused else 0


def restore(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="What to bring back; none: list.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring back what was removed, or list what can be."""
    from inkread.registry.removal import restore as restore_item
    from inkread.registry.removal import trashed
    from inkread.registry.store import Store

    store = Store()
    restored = [restore_item(store, name) for name in names or ()]
    if as_json:
        print_json(restored=[str(path) for path in restored], trash=[each.name for each in trashed(store)])
        return
    for line in restored if names else [printable(each.name) for each in trashed(store)]:
        typer.echo(line)


def export(
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or a name that ends in .zip.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Models; the default ones if none.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML options that go along; else the defaults.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write models with their characters and a configuration into a bundle for a machine without a network.

    There: `inkread models import OUT`, or use it as it is with INKREAD_HOME=OUT.
    """
    from dataclasses import asdict

    from inkread.configuration import load_yaml, to_yaml
    from inkread.options import ReaderOptions
    from inkread.registry.bundle import export_bundle
    from inkread.registry.store import Store

    store = Store()
    options = load_yaml(config, ReaderOptions) if config else ReaderOptions()
    chosen = names or [card.name for card in store.catalog if card.is_default]
    entries = export_bundle(store, chosen, target, to_yaml(options))
    if as_json:
        print_json(path=str(target), files=[asdict(entry) for entry in entries])
        return
    for entry in entries:
        typer.echo(f"{printable(entry.name):48}{as_size(entry.size_bytes):>10}  {entry.license}")


def import_(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A bundle, a folder with a card, or a model file.")],
    accept_license: AcceptLicense = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="What has the same name goes to the trash.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take models into the folder of models: a bundle, a trained model's folder, or a single file, checked first."""
    from inkread.registry.bundle import import_models
    from inkread.registry.store import Store

    names = import_models(Store(), source, accept_license=accept_license, overwrite=overwrite)
    if as_json:
        print_json(models=list(names))
        return
    for name in names:
        typer.echo(printable(name))


@contextmanager
def told_downloads() -> Iterator[None]:
    """Print on stderr what is downloaded while the block runs, its size and licence, before the first byte."""
    log = logging.getLogger("inkread.registry.downloads")
    handler, level = logging.StreamHandler(), log.level
    handler.setFormatter(logging.Formatter("inkread: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def worst(states: Iterable[str]) -> int:
    """Return the exit code for the worst of these states."""
    found = set(states)
    if "damaged" in found:
        return ModelIntegrityError.exit_code
    return ModelNotFoundError.exit_code if "missing" in found else 0


def print_json(**values: Any) -> None:
    """Print these values as one JSON object."""
    typer.echo(json.dumps(values, indent=1, ensure_ascii=False))


def as_size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} B"


class Transfer(Shown):
    """Shows on stderr how far a download is; silent where that is no terminal."""

    def __init__(self, name: str) -> None:
        self._name = name

    def show(self, done: int, total: int | None) -> None:
        """Show how many bytes are here, and how many there will be."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(printable(self._name), total=total)
        self._bar.update(self._task, completed=done)
