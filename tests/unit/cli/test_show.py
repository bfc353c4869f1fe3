"""Pictures in the terminal, and what the command says of itself: examples and completion."""

import base64
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image as Pillow

from inkread.cli.app import app, run
from inkread.cli.helped import EXAMPLES, SUMMARIES
from inkread.cli.terminal_pictures import as_text, protocol_of

NOTE = Path(__file__).resolve().parents[3] / "examples" / "note.jpg"


def picture() -> Pillow.Image:
    values = np.zeros((20, 33, 3), np.uint8)
    values[:7, :9] = (255, 0, 0)
    values[7:, 9:] = (0, 255, 255)
    return Pillow.fromarray(values)


def of_png(data: str) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(base64.b64decode(data))))


def of_sixel(text: str) -> np.ndarray:
    """Read sixels back, as a terminal does."""
    width, height = map(int, re.search(r'"1;1;(\d+);(\d+)', text).groups())
    palette = {int(n): (int(r), int(g), int(b)) for n, r, g, b in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", text)}
    seen = np.zeros((height + 6, width, 3), np.uint8)
    body = re.sub(r"#\d+;2;\d+;\d+;\d+", "", text.split(f";{height}", 1)[1]).split("\x1b")[0]
    for number, band in enumerate(body.split("-")[:-1]):
        for part in band.split("$"):
            colour, runs = re.fullmatch(r"#(\d+)(.*)", part, re.DOTALL).groups()
            x = 0
            for count, sixel in re.findall(r"(?:!(\d+))?([?-~])", runs):
                for row in range(6):
                    if (ord(sixel) - 63) >> row & 1:
                        seen[6 * number + row, x : x + int(count or 1)] = palette[int(colour)]
                x += int(count or 1)
            assert x == width
    return seen[:height]


def test_a_picture_comes_out_as_it_is_by_every_protocol():
    expected = np.asarray(picture())
    iterm = as_text(picture(), "iterm2")
    assert (of_png(re.search(r"inline=1;[^:]*:([^\x07]*)\x07", iterm)[1]) == expected).all()
    kitty = as_text(picture(), "kitty")
    assert (of_png("".join(re.findall(r"\x1b_G[^;]*;([^\x1b]*)\x1b", kitty))) == expected).all()
    assert (of_sixel(as_text(picture(), "sixel")) == expected // 255 * 100).all()


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_terminals_are_known_by_what_they_say(environment, protocol):
    assert protocol_of(environment) == protocol


def test_a_page_is_shown_where_a_way_is_named_and_refused_where_none_is_known(capsys):
    assert run(["show", str(NOTE), "--protocol", "iterm2", "--width", "300"]) == 0
    shown = of_png(re.search(r":([^\x07:]*)\x07", capsys.readouterr().out)[1])
    assert shown.shape[1] == 300
    assert run(["show", str(NOTE)]) == 8  # no terminal
    assert "-f picture" in capsys.readouterr().err
    assert run(["show", str(NOTE), "--protocol", "kity"]) == 8
    assert 'did you mean "kitty"' in capsys.readouterr().err


def parser_of(name: str):
    found = typer.main.get_command(app)
    for part in name.split():
        found = found.commands[part]
    return found


def names_of(parser, name: str = "") -> list[str]:
    below = [names_of(each, f"{name} {word}".strip()) for word, each in getattr(parser, "commands", {}).items()]
    return [name, *(each for names in below for each in names)]


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name])
def test_the_examples_of_help_are_command_lines(command, capsys):
    assert run([*command.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    for example in EXAMPLES[command]:
        assert example.split("  ")[0] in shown
        _, *words = shlex.split(example.partition("#")[0].partition(">")[0])
        parser, path = typer.main.get_command(app), []
        while words and words[0] in getattr(parser, "commands", {}):
            path.append(words.pop(0))
            parser = parser.commands[path[-1]]
        if not path:  # `inkread scan.png` is short for `inkread read scan.png`
            parser = parser.commands["read"]
        parser.make_context(" ".join(path), words, resilient_parsing=False)


def test_every_command_has_a_line_examples_and_a_word_on_each_option():
    names = names_of(typer.main.get_command(app))
    assert sorted(name for name in names if name) == sorted(SUMMARIES)
    assert [name for name in names if name not in EXAMPLES] == []
    assert [name for name, line in SUMMARIES.items() if len(line) > 62] == []  # as wide as a list shows it
    for name in names:
        assert [each.opts[0] for each in parser_of(name).params if not each.help] == [], name


@pytest.mark.parametrize("group", ["models", "clients", "train"])
def test_a_group_without_a_command_shows_what_there_is(group, capsys):
    assert run([group]) == 2
    shown = capsys.readouterr()
    assert "Commands:" in shown.out
    assert "Examples:" in shown.out
    assert shown.err == ""


def test_a_wrong_command_line_points_to_the_help_of_its_command(capsys):
    assert run(["models", "info"]) == 2
    assert capsys.readouterr().err == "inkread: Missing argument 'NAME'. (see inkread models info --help)\n"
    assert run(["models", "lst"]) == 2
    assert capsys.readouterr().err.endswith("Did you mean 'list'? (see inkread models --help)\n")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["reda"], "redact"),
        (["models", "info", "ppocrv6_small_rec"], "PP-OCRv6_small_rec"),
        (["extract", str(NOTE), "--as", "recept"], "receipt"),
        (["correct", str(NOTE), "--by", "lexikon"], "lexicon"),
        (["read", str(NOTE), "--prefer", "acuracy"], "accuracy"),
        (["read", str(NOTE), "-f", "jsn"], "json"),
        (["read", str(NOTE), "-l", "Germn"], "German"),
        (["redact", str(NOTE), "--preset", "ibn", "-o", "out.pdf"], "iban"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(words, meant, capsys):
    assert run(words) > 0
    assert f'did you mean "{meant}"?' in capsys.readouterr().err


def test_a_shell_completes_commands(monkeypatch, capsys):
    monkeypatch.setenv("_INKREAD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "inkread re")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        run([])
    assert capsys.readouterr().out.split() == ["read", "redact"]


def test_without_a_terminal_nothing_is_coloured(capsys):
    for words in (["--help"], ["models", "list"], ["doctor"], ["read", str(NOTE.with_name("nothing.jpg"))]):
        run(words)
        shown = capsys.readouterr()
        assert "\x1b" not in shown.out + shown.err
