"""The command `inkread`: one thin function for each thing it does; errors become one line and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from inkread import __version__
from inkread.cli.batch import batch
from inkread.cli.clients import clients
from inkread.cli.configure import config
from inkread.cli.correct import correct
from inkread.cli.doctor import doctor
from inkread.cli.evaluate import evaluate
from inkread.cli.extract import extract
from inkread.cli.helped import SUMMARIES, USAGE, command, epilog
from inkread.cli.languages import languages
from inkread.cli.models import models
from inkread.cli.read import read
from inkread.cli.redact import redact
from inkread.cli.serve import serve
from inkread.cli.show import show
from inkread.cli.train import train
from inkread.cli.tune import tune
from inkread.errors import InkreadError, nearest

_INTERRUPTED = 130

app = typer.Typer(
    name="inkread",
    help="Read pictures: find text, recognise it, put it in order. `inkread INPUT` is short for `inkread read INPUT`.",
    invoke_without_command=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=epilog(
        "",
        "Exit codes: 0 all read, 2 wrong command line, 3-7 the input (missing, nothing to read, format, damaged, "
        "too large), 8-11 an option (value, language, format, configuration), 12 device, 13-15 model, 16 package, "
        "17 output, 19 a password, 20 some of several inputs failed, 22 an address not allowed, 23 an address that "
        "gives nothing, 24 a process that reads has died, 25 what should be redacted is still found, 26-31 a service, "
        "32 cancelled.",
    ),
)
for _name, _function in (
    ("read", read),
    ("batch", batch),
    ("correct", correct),
    ("extract", extract),
    ("redact", redact),
    ("config", config),
    ("doctor", doctor),
    ("eval", evaluate),
    ("languages", languages),
    ("serve", serve),
    ("show", show),
    ("tune", tune),
):
    command(app, _name)(_function)
app.add_typer(models, name="models")
app.add_typer(clients, name="clients")
app.add_typer(train, name="train")

_COMMANDS = tuple(name for name in SUMMARIES if " " not in name)
_ROOT_OPTIONS = ("-h", "--help", "--version", "--install-completion", "--show-completion")
_UsageError = typer.BadParameter.__base__  # typer keeps its parent to itself


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"inkread {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(USAGE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with these arguments (the process's, if None) and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; whatever goes wrong is one line on stderr."""
    if mistake := _misspelt_command(arguments):
        return _complain(mistake, USAGE)
    try:
        result = typer.main.get_command(app).main(_expanded(list(arguments)), "inkread", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except InkreadError as error:
        return _complain(str(error), error.exit_code)
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _complain("interrupted", _INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has left, as `head` does. Nothing more can be written, nor need be.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _UsageError is not None and isinstance(error, _UsageError):
            context = getattr(error, "ctx", None)
            where = context.command_path if context is not None else "inkread"
            return _complain(f"{error.format_message()} (see {where} --help)", USAGE)  # type: ignore[attr-defined]
        raise


def _expanded(arguments: list[str]) -> list[str]:
    """Return the arguments with `read` put before them where they begin with an input."""
    first = arguments[0] if arguments else ""
    if not first or first in _COMMANDS or first in _ROOT_OPTIONS:
        return arguments
    return ["read", *arguments]


def _misspelt_command(arguments: Sequence[str]) -> str:
    """Return what to say where the first word is neither a command nor a file, but nearly a command; else nothing."""
    first = arguments[0] if arguments else ""
    if first in _COMMANDS or not first.isalpha() or Path(first).exists():
        return ""
    close = nearest(first, _COMMANDS)
    return f'there is neither a command nor a file "{first}": {close}' if close.startswith("did you mean") else ""


def _complain(message: str, code: int) -> int:
    printable = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in message)
    print(f"inkread: {' '.join(printable.split())}", file=sys.stderr)
    return code
