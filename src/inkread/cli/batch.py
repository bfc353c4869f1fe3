"""`inkread batch`: archives to a folder of results, page by page, on this machine or a cluster."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from inkread.cli import arguments
from inkread.cli.batch_table import BatchTable, as_time
from inkread.cli.folders import members
from inkread.cli.house import told_downloads
from inkread.cli.progress import printable
from inkread.errors import InputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.options import ReaderOptions

if TYPE_CHECKING:
    from inkread.batch.estimate import Estimate
    from inkread.batch.report import Report
    from inkread.batch.run import Batch, Stop
    from inkread.load.source import Input

_SOME_FAILED: Final = 20
_INTERRUPTED: Final = 130
_TABLES: Final = ("jsonl", "parquet")
_SHOWN_FAILURES: Final = 5


def batch(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Pictures, PDFs, folders, patterns, s3://... and other addresses."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="The folder of results: a new or an empty one.")
    ] = None,
    lists: Annotated[
        list[Path] | None, typer.Option("--list", help="A text file that names an input in each line; repeated.")
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders below folders too.")] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="jsonl (the default) or parquet, and formats for a file of each page."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a run stopped; failed pages are retried.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="Processes that read; as many as fit by default.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="A Ray cluster: HOST:PORT, auto, or local for one of its own."),
    ] = None,
    ray_cpus: Annotated[float, typer.Option("--ray-cpus", min=0.1, help="Processors that a worker asks for.")] = 1.0,
    ray_gpus: Annotated[float, typer.Option("--ray-gpus", min=0.0, help="GPUs that a worker asks for.")] = 0.0,
    part_pages: Annotated[
        int | None, typer.Option("--part-pages", min=1, help="Pages that a worker is given at once, 16 by default.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Read some pages and say how long all take, and how much memory.")
    ] = False,
    max_memory_mb: Annotated[
        int | None, typer.Option("--max-memory-mb", min=1, help="What each worker may hold, 10^6 bytes.")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option("--deadline", help="Seconds for each page; what is not read by then is told.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
    language: arguments.Language = None,
    prefer: arguments.Prefer = None,
    mode: arguments.Mode = None,
    device: arguments.DeviceName = None,
    engine: arguments.EngineName = None,
    precision: arguments.PrecisionName = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads of each worker, 1 by default.")
    ] = None,
    detector: arguments.Detector = None,
    recognizer: arguments.Recognizer = None,
    min_confidence: arguments.MinConfidence = None,
    correct: arguments.Correct = None,
    dpi: arguments.Dpi = None,
    password: arguments.Password = None,
    text_layer: arguments.TextLayer = None,
    config: arguments.ConfigFile = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Decode in the workers, without limits of time and memory: for own files.")
    ] = False,
    allow_url: arguments.AllowUrl = False,
    allow_auto_download: arguments.AllowAutoDownload = False,
) -> int:
    """Read any number of documents into a folder, each page once, whatever stops the run.

    A run that was stopped or killed goes on with --resume. Ctrl-C ends it after the pages at hand, a second at once.
    """
    options = arguments.reader_options(
        config, language=language, prefer=prefer, mode=mode, device=device, engine=engine, precision=precision,
        threads=threads, max_memory_mb=max_memory_mb, deadline=deadline, detector=detector, recognizer=recognizer,
        min_confidence=min_confidence, correct=correct, dpi=dpi, password=password, text_layer=text_layer,
        isolate="never" if trust else None, allow_url=allow_url, allow_auto_download=allow_auto_download,
    )  # fmt: skip
    names = list(inputs or ())
    if not names and not lists:
        raise OptionError("there is nothing to read", remedy="give inputs, or a list of them: --list FILE")
    found = _documents(names, lists or (), options, output, recursive)
    tables, others = _formats(formats)
    if plan:
        return _plan(found, options, workers, as_json)
    if output is None:
        raise OptionError("a batch needs a folder for its results", remedy="give one: -o OUT")
    from inkread.batch.local import WORKER_MB
    from inkread.batch.run import Batch
    from inkread.batch.work import PART_PAGES

    cluster = None
    if ray is not None:
        from inkread.batch.ray import Cluster

        cluster = Cluster(ray, ray_cpus, ray_gpus)
    one = Batch(
        output,
        options,
        others,
        tables,
        workers,
        worker_mb=max_memory_mb or WORKER_MB,
        part_pages=part_pages or PART_PAGES,
        resume=resume,
        cluster=cluster,
    )
    return _carry_out(found, one, as_json)


def _carry_out(found: Iterator[Input], one: Batch, as_json: bool) -> int:
    from inkread.batch.run import Stop, run

    stop = Stop()
    # What a cluster has to say of its machines, it prints: stdout is for what came of the run.
    with redirect_stdout(sys.stderr), told_downloads(), BatchTable() as table, _interrupts(stop, table):
        report = run(found, one, watch=table.show, stop=stop)
    if not report.pages and not report.documents_failed:
        raise NothingToReadError("there was nothing to read", remedy="check the inputs")
    if as_json:
        typer.echo(json.dumps({"output": str(one.folder), **report.to_dict()}, indent=1))
    else:
        _tell(report, one.folder)
    if report.is_interrupted and report.left:
        return _INTERRUPTED
    return 0 if report.is_clean else _SOME_FAILED


@contextmanager
def _interrupts(stop: Stop, table: BatchTable) -> Iterator[None]:
    """Have the first interrupt ask the run to stop, and the second end it."""

    def ask(number: int, frame: object) -> None:
        stop.ask()
        table.say("finishing the pages at hand; once more to end at once")
        for each, handler in before.items():
            signal.signal(each, handler)

    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in wanted}
    if before[signal.SIGINT] in (signal.SIG_IGN, None):  # in the background of a shell
        before[signal.SIGINT] = signal.default_int_handler
    try:
        for number in wanted:
            signal.signal(number, ask)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _plan(found: Iterator[Input], options: ReaderOptions, workers: int | None, as_json: bool) -> int:
    from inkread.batch.estimate import estimate

    with told_downloads():
        told = estimate(list(found), options, workers)
    typer.echo(json.dumps(told.to_dict(), indent=1) if as_json else _planned(told))
    return 0


def _planned(told: Estimate) -> str:
    about = "" if told.are_all_counted else "about "
    least, most = as_time(told.seconds(told.page_s_from)), as_time(told.seconds(told.page_s_to))
    memory = told.worker_mb * told.workers
    lines = [
        f"{told.documents:,} documents, {about}{told.pages:,} pages; {told.sampled:,} read, {told.failed:,} failed",
        f"{least} to {most} with {told.workers} workers, {told.page_s:.2f} s a page and worker",
        f"{memory:,.0f} MiB of memory, of {told.available_mb:,.0f}; {told.worker_mb:,.0f} MiB a worker",
        f"{told.page_bytes * told.pages / 1e6:,.1f} MB of results without other formats",
    ]
    if memory > told.available_mb:
        lines.append(f"fewer workers fit: --workers {max(1, int(told.available_mb // told.worker_mb))}")
    return "\n".join(lines)


def _documents(
    names: Sequence[str], lists: Sequence[Path], options: ReaderOptions, output: Path | None, recursive: bool
) -> Iterator[Input]:
    """Yield the documents of the command line, and then those of the lists."""
    for each in lists:
        if not each.is_file():  # at once, and not after the first thousand pages
            raise SourceNotFoundError(
                f'there is no list "{each}"', remedy="give a text file with an input in each line"
            )
    if "-" in names:
        raise OptionError("a batch reads nothing from stdin", remedy="give files, or a list of them: --list FILE")
    return _walk(names, lists, options, output, recursive)


def _walk(
    names: Sequence[str], lists: Sequence[Path], options: ReaderOptions, output: Path | None, recursive: bool
) -> Iterator[Input]:
    from inkread.batch import objects

    for name in (*names, *_listed(lists)):
        if objects.is_object(name):
            yield from objects.inputs(name, options)
        else:
            yield from (each.input for each in members([name], b"", options, output, recursive))


def _listed(lists: Sequence[Path]) -> Iterator[str]:
    for path in lists:
        try:
            with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
                yield from (name for line in file if (name := line.rstrip("\r\n")).strip())
        except OSError as error:
            raise InputError(f'the list "{path}" cannot be read ({error.strerror})') from error


def _formats(given: list[str] | None) -> tuple[Any, tuple[str, ...]]:
    from inkread.export.formats import format_of

    names = arguments.split_names(given)
    tables = [name for name in names if name in _TABLES]
    if len(tables) > 1:
        raise OptionError("records are kept as jsonl or as parquet, not as both", remedy="name one of them")
    others = dict.fromkeys(format_of(name).name for name in names if name not in _TABLES)
    return (tables[0] if tables else "jsonl"), tuple(others)


def _tell(report: Report, folder: Path) -> None:
    typer.echo(
        f"{report.read:,} of {report.pages:,} pages read in {folder}, {report.fresh:,} of them now, "
        f"{report.pages_per_s:.2f} a second"
    )
    if report.stage_seconds:
        stages = sorted(report.stage_seconds.items(), key=lambda each: -each[1])
        typer.echo("seconds of workers: " + ", ".join(f"{stage} {seconds:,.1f}" for stage, seconds in stages))
    if report.doubtful:
        typer.echo(f"{report.doubtful:,} pages are doubtful: more than a tenth of their lines are for a person")
    if report.failed or report.documents_failed:
        typer.echo(f"{report.failed:,} pages and {report.documents_failed:,} documents failed, see report.json")
        for each in report.failures[:_SHOWN_FAILURES]:
            place = f" (page {each.page})" if each.page is not None else ""
            print(f"inkread: {printable(each.message)}{place}", file=sys.stderr)
    if report.left:
        typer.echo(f"{report.left:,} pages are left: go on with --resume")
