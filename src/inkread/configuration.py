"""Options as YAML, there and back: what a stranger's file may hold, and the line of its first fault."""

from __future__ import annotations

import reprlib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import SecretStr, ValidationError
from yaml.constructor import SafeConstructor

from inkread.errors import ConfigError
from inkread.option_set import Options, explain

_MAX_BYTES = 1 << 20
_MAX_DEPTH = 20

OptionsType = TypeVar("OptionsType", bound=Options)


def from_yaml(text: str, kind: type[OptionsType], *, name: str = "configuration") -> OptionsType:
    """Return the options that a YAML text describes.

    Only plain mappings, lists and scalars are read; aliases, tags, more than 1 MiB and nesting beyond 20 levels are
    refused. Raises ConfigError with the line of the first fault; `name` is the file's, for the message.
    """
    if len(text.encode()) > _MAX_BYTES:
        raise ConfigError(f"{name} is larger than 1 MiB", remedy="a configuration is a short YAML file")
    try:
        root = _compose(text)
        if root is None:
            return kind()
        return kind.model_validate(_plain(root))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{name}, line {line}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        line = _line_of(root, error.errors()[0]["loc"]) if root is not None else 1
        raise ConfigError(f"{name}, line {line}: {explain(error, kind)}") from error


def to_yaml(options: Options) -> str:
    """Return the options as YAML with a comment on each, the exact inverse of `from_yaml` but for secrets."""
    return "\n".join(_yaml_lines(options, indent=0)) + "\n"


def _yaml_lines(options: Options, indent: int) -> list[str]:
    lines: list[str] = []
    pad = "  " * indent
    for name, info in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, Options):
            about = (type(value).__doc__ or "").splitlines()[0]
            lines += ["", f"{pad}# {about}", f"{pad}{name}:", *_yaml_lines(value, indent + 1)]
            continue
        plain = list(value) if isinstance(value, tuple) else None if isinstance(value, SecretStr) else value
        scalar = yaml.safe_dump(plain, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
        lines.append(f"{pad}{name}: {scalar}  # {info.description}{_choices(info.annotation)}")
    return lines


def _choices(annotation: Any) -> str:
    choices = [str(choice) for choice in get_args(annotation) if isinstance(choice, (str, int))]
    return f" ({' | '.join(choices)})" if choices else ""


def _compose(text: str) -> yaml.Node | None:
    """Return the node tree of the text's one document, with aliases, tags and deep nesting refused."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _fault("aliases are not allowed here", event)
        if getattr(event, "tag", None) is not None:
            raise _fault("tags are not allowed here", event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _fault("too deeply nested", event)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or (root.tag == "tag:yaml.org,2002:null"):
        return None
    if not isinstance(root, yaml.MappingNode):
        raise _fault('expected "name: value" lines', root)
    return root


def _plain(node: yaml.Node) -> Any:
    """Return the node as dicts, lists and scalars; a name given twice is a mistake, not a choice."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node)
    values: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _fault('expected "name: value" lines', key)
        if key.value in values:
            raise _fault(f'"{key.value}" is given twice', key)
        values[key.value] = _plain(value)
    return values


def _scalar(node: yaml.Node) -> Any:
    try:
        return SafeConstructor().construct_object(node)
    except (ValueError, IndexError) as error:  # what looks like a date or number and is none: 2024-99-99, 0b_
        raise _fault(
            f"cannot read {reprlib.repr(node.value)}: {error}; put it in quotes if it is text", node
        ) from error


def _fault(problem: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _line_of(root: yaml.Node, location: tuple[int | str, ...]) -> int:
    """Return the 1-based line where the value at `location` (keys and indexes from the root) stands."""
    node, line = root, root.start_mark.line
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def load_yaml(path: str | Path, kind: type[OptionsType]) -> OptionsType:
    """Return the options in a YAML file. Raises ConfigError where it is missing, unreadable or wrong."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = getattr(error, "strerror", None) or error
        raise ConfigError(f'cannot read the configuration "{path}": {fault}') from error
    return from_yaml(text, kind, name=f'"{path}"')
