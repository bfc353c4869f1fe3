"""The documentation holds: links and their anchors lead somewhere, and code runs as it stands there."""

import json
import logging
import re
import shlex
import shutil
import unicodedata
from pathlib import Path

import pytest
import typer
import yaml
from ggufs import tiny_gguf
from pdfs import PdfWriter, text
from PIL import Image, ImageDraw, ImageFont
from programs import module_of

import inkread
from inkread.cli.app import app, run

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READMES = sorted([*ROOT.glob("*.md"), *(ROOT / "examples").rglob("README.md")])
# Blocks that need what no test has, by page and number.
NOT_RUN = {
    ("service.md", 0): "asks a service: tests/unit/test_client.py and tests/public/references/test_cloud.py do",
    ("batch.md", 2): "needs Ray Serve: tests/unit/batch/test_ray_serve.py has it where that is installed",
    ("jobs.md", 0): "asks a service: tests/unit/test_remote_job.py does",
    ("migrating/aspose.md", 1): "asks a service: tests/public/references/test_cloud.py does",
    ("correction.md", 1): "settings of models, with an ellipsis",
    ("extraction.md", 1): "needs a model: tests/unit/cli/test_extract.py asks one",
    ("resources.md", 0): "bounds a process of its own: tests/unit/cli/test_command.py and the proof of bounds do",
    ("urls.md", 0): "asks an address",
}


def named(path: Path) -> str:
    return path.relative_to(DOCS if path.is_relative_to(DOCS) else ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def prose(path: Path) -> str:
    without = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", lambda found: "x" * len(found[0]), without)


def anchors(path: Path) -> set[str]:
    titles = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M), re.M
    )
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "") for title in titles]
    kept = ["".join(c for c in title.casefold() if c in "-_ " or unicodedata.category(c)[0] in "LN") for title in plain]
    return {title.strip().replace(" ", "-") for title in kept}


@pytest.mark.parametrize("path", [*PAGES, *READMES], ids=named)
def test_links_and_their_anchors_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"\w+:", link):
            assert link.startswith("https://"), link
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), link


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the examples, and with files under the names that the pages use."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("*.ipynb", "clients"))
    receipt = folder / "examples" / "receipt.jpg"
    for name in ("receipt.jpg", "receipts.jpg", "invoice.jpg", "from-a-stranger.jpg", "scan.png"):
        shutil.copy(receipt, folder / name)
    (folder / "scans").mkdir()
    shutil.copy(receipt, folder / "scans" / "receipt 7.png")
    (folder / "texts").mkdir()
    (folder / "models").mkdir()
    tiny_gguf(folder / "models" / "my-model.gguf", context=4096)
    form = Image.new("RGB", (700, 240), "white")
    for i, line in enumerate(("Name: Walker", "Date: 2026-03-02")):
        pen = ImageDraw.Draw(form)
        pen.text((60, 50 + 70 * i), line, fill="black", font=ImageFont.load_default(size=30))
    form.save(folder / "form.png")
    lines = ("Dear Max Muster,", "DE89 3704 0044 0532 0130 00")
    for name, pages in (("contract.pdf", 11), ("letter.pdf", 1), ("scan.pdf", 1)):
        writer = PdfWriter()
        for _ in range(pages):
            writer.page("".join(text(60, 760 - 30 * i, line, size=14) for i, line in enumerate(lines)))
        (folder / name).write_bytes(writer.content())
    return folder


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path, "python")], ids=named)
def test_the_python_of_a_page_runs(path, project, monkeypatch, tmp_path):
    """One block after the other, as a reader would type them."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    monkeypatch.setattr(logging, "basicConfig", lambda: None)
    monkeypatch.setattr(logging.Logger, "setLevel", lambda logger, level: None)
    for made in ("receipt.json", "public.pdf", "out.pdf"):
        (project / made).unlink(missing_ok=True)
    names: dict[str, object] = {"inkread": inkread, "my_function": lambda text: text.strip()}
    if schemas := blocks(path, "json"):
        names["schema"] = json.loads(schemas[0])  # what a page calls so is the one that it shows
    for number, block in enumerate(blocks(path, "python")):
        if (named(path), number) not in NOT_RUN:
            exec(compile(block, f"{named(path)}, block {number}", "exec"), names)


def commands(path: Path) -> list[str]:
    """Return the lines of a page that call inkread, from its blocks and from the first cells of its tables."""
    text = path.read_text(encoding="utf-8")
    shells = re.findall(r"^```(?:console|sh|bash)?\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in shells for line in block.replace("\\\n", " ").splitlines()]
    parts = [part for line in lines for part in re.split(r"\s\|\s|&&|\s{3,}", line)]
    parts += re.findall(r"^\| `(inkread [^`]+)`", text, flags=re.MULTILINE)
    called = [re.sub(r"^(\$ |uv run |\w+=\S+ )*", "", part.strip()) for part in parts]
    return [re.split(r"\s#|\s2?>", each)[0] for each in called if each.startswith("inkread ")]


@pytest.mark.parametrize("path", [path for path in [*PAGES, *READMES] if commands(path)], ids=named)
def test_commands_that_pages_show_are_command_lines(path):
    for command in commands(path):
        parser, words = typer.main.get_command(app), shlex.split(command)[1:]
        below = getattr(parser, "commands", {})
        if "--help" in words or words[0].startswith("--"):
            continue
        parser = below[words.pop(0)] if words[0] in below else below["read"]
        while words and words[0] in getattr(parser, "commands", {}):
            parser = parser.commands[words.pop(0)]
        try:
            parser.make_context(command, words)
        except Exception as error:
            raise AssertionError(f"{command}: {error}") from error


def test_what_is_not_run_is_there():
    for name, number in NOT_RUN:
        assert len(blocks(DOCS / name, "python")) > number, name


def test_the_first_page_shows_what_is_read(project, monkeypatch, capsys):
    (shown,) = blocks(DOCS / "index.md", "console")
    monkeypatch.chdir(project)
    assert run(["examples/receipt.jpg"]) == 0
    printed = capsys.readouterr().out.splitlines()
    for line in shown.splitlines():
        assert line.startswith("$ ") or line == "..." or line in printed, line


def test_the_site_has_every_page():
    with (ROOT / "mkdocs.yml").open(encoding="utf-8") as file:
        listed = re.findall(r"[\w/-]+\.md", str(yaml.safe_load(file)["nav"]))
    assert sorted(listed) == [named(path) for path in PAGES]


def test_the_page_of_options_is_up_to_date_and_has_a_reason_for_each():
    maker = module_of(ROOT / "scripts" / "make_options.py")
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run python scripts/make_options.py"
    assert set(maker.names()) == set(maker.reasons())


def test_the_drawings_are_up_to_date():
    maker = module_of(ROOT / "scripts" / "make_drawings.py")
    for path, drawn in maker.drawings().items():
        assert path.read_text(encoding="utf-8") == drawn, "run python scripts/make_drawings.py"


@pytest.fixture
def stage():
    return module_of(ROOT / "scripts" / "stage_docs.py")


def test_pages_that_leave_the_documentation_are_named_and_not_linked(stage):
    given = "[a test](../tests/x.py), [a page](../dialects.md), ![a picture](../x.svg)"
    assert stage.inside(given, Path("index.md")) == "a test, a page, ![a picture](../x.svg)"
    assert stage.inside(given, Path("migrating/x.md")) == given


def test_the_site_calls_pages_by_their_titles(stage):
    given = "[limits.md](limits.md), [the race](benchmarks.md#the-race), [options.md](options.md#load)"
    shown = (
        "[Limits and honest failures](limits.md), [the race](benchmarks.md#the-race), [Every option](options.md#load)"
    )
    assert stage.titled(given, DOCS) == shown
    assert stage.titled("[nothing.md](nothing.md)", DOCS) == "[nothing.md](nothing.md)"
