"""Write docs/options.md from the options and scripts/option_reasons.tsv: python scripts/make_options.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from inkread.options import Options, ReaderOptions

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "options.md"
REASONS = ROOT / "scripts" / "option_reasons.tsv"
HEAD = """# Every option

Written by `scripts/make_options.py` from the classes in `inkread.options`. What is given in a call wins over the
command line, that over a file (`--config`), and that over the default. `inkread config` prints them as YAML; a name or
a value that is wrong is an error that tells the nearest right one.

```python
from inkread import Reader, ReaderOptions

options = ReaderOptions(language="de", detect={"missed": "tell"}, runtime={"threads": 1})
with Reader(options) as reader:
    print(reader.read("examples/receipt.jpg").text)
```

The same as a file, for `inkread --config options.yaml`:

```yaml
language: [de]
detect:
  missed: tell
runtime:
  threads: 1
```
"""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


def reasons() -> dict[str, str]:
    lines = REASONS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def page() -> str:
    parts, why = [HEAD], reasons()
    for prefix, options in _classes(ReaderOptions, ""):
        title = f"`{prefix}`" if prefix else "Reading"
        first = (options.__doc__ or "").partition("\n")[0]
        rows = [
            f"| `{name}` | {_default(field.default)} | {_cell(field.description or '')}{_choices(field.annotation)} "
            f"| {_cell(why.get(f'{prefix}.{name}'.lstrip('.'), ''))} |"
            for name, field in options.model_fields.items()
            if not _is_options(field.annotation)
        ]
        head = "| option | default | what it is | why, and when to change it |\n|---|---|---|---|"
        parts.append("\n".join([f"## {title}", "", first, "", head, *rows, ""]))
    return "\n".join(parts)


def names() -> list[str]:
    """Return the names of all options, `detect.missed` for those of a class below."""
    return [
        f"{prefix}.{name}".lstrip(".")
        for prefix, options in _classes(ReaderOptions, "")
        for name, field in options.model_fields.items()
        if not _is_options(field.annotation)
    ]


def _classes(options: type[Options], prefix: str) -> Iterator[tuple[str, type[Options]]]:
    yield prefix, options
    for name, field in options.model_fields.items():
        if _is_options(field.annotation):
            yield from _classes(field.annotation, f"{prefix}.{name}".lstrip("."))


def _is_options(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Options)


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{', '.join(map(str, value))}`"
    if isinstance(value, int) and value >= 10_000:
        return f"`{value:,}`"
    return f"`{value}`" if value != "" else "empty"


def _choices(annotation: Any) -> str:
    values = get_args(annotation)
    if not values or not all(isinstance(value, str | int) for value in values):
        return ""
    return f" ({', '.join(f'`{value}`' for value in values)})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
