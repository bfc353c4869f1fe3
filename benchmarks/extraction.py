"""How many fields of receipts and invoices are right: as they are, degraded, and laid out anew.

Writes extraction.json. Text is compared by letters and digits without case, amounts and dates by value. A field that
the labels do not give, or that stands on no labelled page, does not count. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import conditions
import document
import numpy as np
from degrade import degrade
from relaid import relaid
from sets import add_arguments, load_sets

from inkread import Reader
from inkread.document import Document
from inkread.extract.dates import dates_in
from inkread.extract.extraction import extract_fields
from inkread.extract.fields import Field, Fields, plain
from inkread.extract.money import amounts_in
from inkread.image import Image
from inkread.load import source as sources
from inkread.metrics.dataset import LabelledPicture, LabelledSet

SETS = ("sroie", "wildreceipt", "zugferd_invoices")
WAYS = ("as given", "degraded", "laid out anew")
# Of these one page each is made, by turns: what a telephone does to a receipt.
DEGRADED = (("rotation", 1), ("defocus", 1), ("jpeg", 2), ("shadow", 1), ("noise", 1), ("resolution", 1))
AMOUNTS = frozenset({"subtotal", "tax", "tip", "total", "net", "due"})
DATES = frozenset({"date"})
# What must be reached as given, %.
LEAST: Mapping[str, Mapping[str, float]] = {
    "sroie": {"total": 92, "date": 93, "company": 75, "address": 65},
    "zugferd_invoices": {"total": 95, "number": 95, "date": 95},
}
_ZUGFERD = {
    "invoice_number": "number", "issue_date": "date", "seller_name": "seller", "buyer_name": "buyer",
    "seller_vat": "vat_id", "currency": "currency", "grand_total": "total", "tax_total": "tax", "net_total": "net",
    "due_payable": "due", "iban": "iban",
}  # fmt: skip
_WILDRECEIPT = {
    "Store_name_value": "company", "Store_addr_value": "address", "Date_value": "date", "Time_value": "time",
    "Total_value": "total", "Subtotal_value": "subtotal", "Tax_value": "tax", "Tips_value": "tip",
}  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    """One document: its pages' pictures, and for each field the texts that are right."""

    name: str
    kind: str
    pictures: tuple[LabelledPicture, ...]
    wanted: Mapping[str, tuple[str, ...]]


@dataclass
class Result:
    """What became of the fields of one set, read in one way."""

    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    of: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unflagged: list[str] = field(default_factory=list)
    flagged: int = 0
    totals: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench extraction", description=__doc__)
    add_arguments(parser, SETS, limit=None)
    options = parser.parse_args(arguments)
    return document.carry_out("extraction", options.output, lambda: measure(options, sys.stderr.write), render)


def measure(options: argparse.Namespace, say: Callable[[str], object]) -> dict[str, Any]:
    """Return everything measured, as extraction.json holds it. Raises BenchmarkError."""
    sets = load_sets(options.data, options.sets, options.limit)
    start = {**conditions.start(), **conditions.of_inkread()}
    results: dict[str, dict[str, Any]] = {}
    with Reader() as reader:
        for labelled in sets:
            found = {way: Result() for way in WAYS}
            documents = list(documents_of(labelled))
            say(f"{labelled.name}: {len(documents)} documents ")
            for number, each in enumerate(documents):
                for way, result in found.items():
                    add(result, each, extract_fields(_read(reader, each, way, number), each.kind))
                say(".")
            say("\n")
            results[labelled.name] = {"documents": len(documents), **{way: vars(each) for way, each in found.items()}}
    return {**start, "sets": results}


def documents_of(labelled: LabelledSet) -> Iterator[Labelled]:
    """Yield the documents of a set that have fields; pages of one invoice are one document."""
    rows = [json.loads(line) for line in (labelled.folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    raw = {row["image"]: row for row in rows}
    pages: dict[str, list[LabelledPicture]] = defaultdict(list)
    for picture in labelled.pictures:
        name = picture.path.name.split("_")[0] if labelled.name == "zugferd_invoices" else picture.name
        pages[name].append(picture)
    for name, pictures in pages.items():
        wanted = _wanted(labelled.name, [raw[picture.name] for picture in pictures])
        if wanted:
            kind = "invoice" if labelled.name == "zugferd_invoices" else "receipt"
            yield Labelled(name, kind, tuple(pictures), wanted)


def _wanted(set_name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    if set_name == "wildreceipt":
        found: dict[str, list[str]] = defaultdict(list)
        for line in rows[0]["lines"]:
            if line.get("label") in _WILDRECEIPT:
                found[_WILDRECEIPT[line["label"]]].append(line["text"])
        # A name or address of several lines is right as a whole; a line of a name is right too.
        whole = {name: ("".join(found[name]), *found[name]) for name in ("company", "address") if name in found}
        return {**{name: tuple(texts) for name, texts in found.items()}, **whole}
    fields = next((row["fields"] for row in rows if row.get("fields")), {})
    names = _ZUGFERD if set_name == "zugferd_invoices" else dict.fromkeys(fields)
    wanted = {(names[name] or name): (str(value),) for name, value in fields.items() if name in names and value}
    return {
        name: values for name, values in wanted.items() if set_name == "sroie" or _is_printed(name, values[0], rows)
    }


def _is_printed(name: str, value: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a value stands on the labelled pages: invoices have fields whose page is not in the set."""
    texts = [line["text"] for row in rows for line in row["lines"]]
    if name in AMOUNTS:
        wanted = abs(Decimal(value))
        return any(abs(found.amount.value) == wanted for text in texts for found in amounts_in(text))
    return name in DATES or name == "currency" or _letters(value) in _letters("".join(texts))


def _read(reader: Reader, each: Labelled, way: str, number: int) -> Document:
    pages = []
    for place, picture in enumerate(each.pictures, 1):
        with sources.open(picture.path) as opened:
            image = next(iter(opened))
        pixels = image.pixels
        if way == "degraded":
            kind, level = DEGRADED[number % len(DEGRADED)]
            pixels = np.ascontiguousarray(degrade(pixels, 200.0, kind, level, picture.name).pixels)
        elif way == "laid out anew":
            pixels = relaid(picture, image.width)
        pages.append(replace(reader.read_page(Image(pixels)), number=place))
    return Document(tuple(pages), each.name, reader.generator)


def add(result: Result, each: Labelled, found: Fields) -> None:
    """Count which of a document's fields are right."""
    for name, wanted in each.wanted.items():
        is_right = _is_right(name, found, wanted)
        result.of[name] += 1
        result.right[name] += is_right
        if not is_right:
            result.wrong[name].append(each.name)
    total = found["total"]
    if "total" in each.wanted:
        result.totals += 1
        result.flagged += total is not None and total.is_doubtful
        if total is not None and not total.is_doubtful and not _is_right("total", found, each.wanted["total"]):
            result.unflagged.append(each.name)


def _is_right(name: str, found: Fields, wanted: Sequence[str]) -> bool:
    given = found[name]
    if name == "vat_id":
        return any(_says(other, wanted) for other in (given, found["tax_number"]))
    if given is None:
        return False
    if name in AMOUNTS:
        # Credit notes are labelled without their sign.
        amounts = {abs(each.amount.value) for text in wanted for each in amounts_in(text)}
        return isinstance(given.value, Decimal) and abs(given.value) in amounts
    if name in DATES:
        return plain(given.value) in {each.date.isoformat() for text in wanted for each in dates_in(text)} or _says(
            given, wanted
        )
    if name == "time":
        return any(_letters(given.text)[:4] in _letters(text) for text in wanted)
    return _says(given, wanted)


def _says(given: Field | None, wanted: Sequence[str]) -> bool:
    texts = () if given is None else (_letters(given.text), _letters(plain(given.value)))
    # Labels list the lines of an address in any order.
    return any(_letters(text) in texts for text in wanted) or (
        len(wanted) > 1 and any(sorted(_letters(wanted[0])) == sorted(text) for text in texts)
    )


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def render(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown."""
    about = f"{document.conditions_of(results)} {document.inkread_of(results)}"
    parts = [about]
    for name, of in results["sets"].items():
        fields = list(of[WAYS[0]]["of"])
        head = ("read", *fields, "totals flagged", "wrong totals not flagged")
        rows = [(way, *(_share(of[way], each) for each in fields), *_flags(of[way])) for way in WAYS]
        parts.append(f"**{name}**, {of['documents']} documents\n\n{document.table(head, rows)}\n\n{_verdict(name, of)}")
    return "\n\n".join(parts)


def _share(result: Mapping[str, Any], name: str) -> str:
    right, of = result["right"].get(name, 0), result["of"].get(name, 0)
    return f"{100 * right / of:.0f} % ({right}/{of})" if of else ""


def _flags(result: Mapping[str, Any]) -> tuple[str, str]:
    return f"{result['flagged']} of {result['totals']}", str(len(result["unflagged"]))


def _verdict(name: str, of: Mapping[str, Any]) -> str:
    least = LEAST.get(name, {})
    given = of["as given"]
    said = [
        f"{each} {100 * given['right'].get(each, 0) / given['of'][each]:.0f} % of at least {share} %"
        for each, share in least.items()
        if given["of"].get(each)
    ]
    return f"As given: {', '.join(said)}." if said else "No figure was promised here."


if __name__ == "__main__":
    sys.exit(main())
