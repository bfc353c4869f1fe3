"""What commands say of themselves: a line in lists, and examples under their help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., Any])

# A wrong command line: what click has always used.
USAGE: Final = 2

# Not longer than a list of commands shows at 80 columns.
SUMMARIES: Final[dict[str, str]] = {
    "read": "Read pictures and PDFs; print their text or write files",
    "batch": "Read an archive into a folder, each page once",
    "correct": "Put doubtful words right",
    "extract": "Get the fields of receipts, invoices or your own schema",
    "redact": "Write a copy without what matches",
    "config": "Print every option as YAML",
    "doctor": "Say why a file is read badly, and what to do",
    "eval": "Measure error rates on labelled pictures",
    "languages": "List languages and the models that read them",
    "serve": "Offer reading by HTTP",
    "show": "Show a page with its lines in this terminal",
    "tune": "Find what is fastest on this machine",
    "models": "Look after models: list, get, check, remove, carry",
    "models list": "List models; * is here",
    "models info": "Print a model's card",
    "models path": "Print where a model lies",
    "models pull": "Download models",
    "models verify": "Compare every byte with what it should be",
    "models audit": "List files, OLD or CURRENT",
    "models remove": "Move models to the trash",
    "models restore": "Bring models back from the trash",
    "models prune": "Move what is OLD to the trash, delete what is stale",
    "models export": "Write a bundle for a machine without a network",
    "models import": "Take in a bundle, a trained model or a file",
    "clients": "Say who may use the service that runs here",
    "clients add": "Add a client; print its id and secret",
    "clients list": "List clients and their quotas",
    "clients rotate": "Give a client another secret",
    "clients revoke": "Shut a client out for good",
    "train": "Teach networks your own documents",
    "train recognizer": "Teach a recogniser lines of text",
    "train detector": "Teach a detector where lines are",
    "train publish": "Make a model of a run",
    "train quantize": "Write a model in 8-bit integers, and what that costs",
}

EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "": (
        "inkread photo.jpg                          # its text",
        "inkread scan.pdf -o out.pdf                # a PDF that can be searched",
        "inkread extract receipts/ --as receipt -o receipts.csv",
        "inkread doctor bad.jpg                     # why is it read badly?",
    ),
    "read": (
        "inkread page.png -l de                     # short for: inkread read page.png -l de",
        "inkread read scans/ -r -o texts --jobs 0 --resume",
        "inkread read table.jpg -o table.xlsx --numbers",
        "inkread read page.png -o out -f text,json,picture",
    ),
    "batch": ("inkread batch scans/ -o results --plan", "inkread batch scans/ -o results --resume"),
    "correct": ("inkread correct scan.png --by lexicon -l en",),
    "extract": (
        "inkread extract receipt.jpg --as receipt",
        "inkread extract invoices/ --as invoice -o invoices.json --review review.html",
    ),
    "redact": (r"inkread redact letter.pdf --preset iban,email -p 'Max \w+' -o public.pdf",),
    "config": (
        "inkread config > options.yaml",
        "inkread config options.yaml      # is it right? with what it leaves out",
    ),
    "doctor": (
        "inkread doctor                             # versions, devices and models; --json for programs",
        "inkread doctor scan.pdf -l de",
        "inkread doctor photo.jpg --report report.json",
    ),
    "eval": ("inkread eval data/receipts",),
    "languages": ("inkread languages German", "inkread languages --installed --json"),
    "models": (
        "inkread models list --installed",
        "inkread models pull PP-OCRv5_server_rec",
        "inkread models prune --dry-run             # what would be cleaned up?",
    ),
    "models list": ("inkread models list", "inkread models list --installed --json"),
    "models info": ("inkread models info PP-OCRv6_small_rec",),
    "models path": (
        "inkread models path                        # the folder of models",
        "inkread models path PP-OCRv6_small_det",
    ),
    "models pull": (
        "inkread models pull PP-OCRv5_server_rec --dry-run",
        "inkread models pull hub:OWNER/NAME:q4_k_m --accept-license",
    ),
    "models verify": ("inkread models verify", "inkread models verify --quarantine --json"),
    "models audit": ("inkread models audit --json",),
    "models remove": (
        "inkread models remove old_model.gguf --dry-run",
        "inkread models remove old_model.gguf --keep 'PP-*'",
    ),
    "models restore": (
        "inkread models restore                     # what can be?",
        "inkread models restore old_model.gguf",
    ),
    "models prune": ("inkread models prune --dry-run", "inkread models prune --empty-trash"),
    "models export": (
        "inkread models export bundle.zip",
        "inkread models export bundle PP-OCRv6_small_rec --config my.yaml",
    ),
    "models import": ("inkread models import bundle.zip", "inkread models import my-model/"),
    "clients": (
        "inkread clients add scanner --requests 60  # its secret is printed this once",
        "inkread clients list",
    ),
    "clients add": ("inkread clients add scanner", "inkread clients add office --requests 60 --megapixels 500 --json"),
    "clients list": ("inkread clients list", "inkread clients list --json"),
    "clients rotate": ("inkread clients rotate ID", "inkread clients rotate --keys"),
    "clients revoke": ("inkread clients revoke ID",),
    "train": (
        "inkread train recognizer --data lines/ --out runs/mine",
        "inkread train detector --data pages/ --out runs/lines",
        "inkread train publish runs/mine my-model/ --name my_hand --license CC-BY-4.0",
    ),
    "train recognizer": (
        "inkread train recognizer --data lines/ --out runs/mine",
        "inkread train recognizer --rendered texts.yaml --add-characters --out runs/letters",
    ),
    "train detector": ("inkread train detector --data pages/ --validation others/ --out runs/lines",),
    "train publish": (
        "inkread train publish runs/mine my-model/ --name my_hand --license CC-BY-4.0 --evaluate pages/",
    ),
    "train quantize": ("inkread train quantize my-model/ my-model-8/ --name my_hand_8 --data lines/",),
    "tune": ("inkread tune", "inkread tune scans/*.png -o tuned.yaml", "inkread scan.png --config tuned.yaml"),
    "serve": ("inkread serve", "inkread serve --host 0.0.0.0 --config service.yaml"),
    "show": ("inkread show receipt.jpg", "inkread show book.pdf --page 12"),
}


def epilog(command: str, before: str = "") -> str:
    """Return what stands under a command's help: its examples, line by line as they are written."""
    lines = [f"  {example}" for example in EXAMPLES[command]]
    shown = "\n".join(["\b", "Examples:", *lines])  # \b: click leaves the lines of this paragraph alone
    return f"{shown}\n\n{before}" if before else shown


def command(group: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Make a function a command of the group; `name` is what stands behind `inkread`, so "models list"."""
    return group.command(name.split()[-1], short_help=SUMMARIES[name], epilog=epilog(name))


def command_group(name: str, purpose: str) -> typer.Typer:
    """Return a group of commands that shows its help where none of them is named."""
    group = typer.Typer(
        help=purpose,
        short_help=SUMMARIES[name],
        epilog=epilog(name),
        invoke_without_command=True,
        rich_markup_mode=None,
    )

    @group.callback(help=purpose)
    def _alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())
            raise typer.Exit(USAGE)

    return group
