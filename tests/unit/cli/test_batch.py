"""`inkread batch`: what it prints, what it refuses, and how it is stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image as Pillow

from inkread.batch import estimate as estimate_module
from inkread.batch.records import read_results
from inkread.batch.report import Progress
from inkread.batch.work import PartDone
from inkread.cli import batch_table
from inkread.cli.app import run
from inkread.cli.batch_table import BatchTable, as_time, line

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small receipts, one of them below another folder, and what is no picture."""
    with Pillow.open(ROOT / "examples" / "receipt.jpg") as receipt:
        small = receipt.convert("L").resize((receipt.width // 3, receipt.height // 3))
    (tmp_path / "in" / "more").mkdir(parents=True)
    small.save(tmp_path / "in" / "a.png")
    small.crop((0, 0, small.width, small.height // 2)).save(tmp_path / "in" / "more" / "b.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_lists_and_formats_to_records_files_and_a_report(folder, capsys):
    (folder / "list.txt").write_text("in/more/b.png\n\nnone.png\n")
    assert run(["batch", "in", "--list", "list.txt", "-o", "out", "-f", "text,jsonl", "-w", "1", "--json"]) == 20
    told = json.loads(capsys.readouterr().out)
    assert (told["documents"], told["pages"], told["read"], told["documents_failed"]) == (2, 2, 2, 1)
    assert told["failures"][0]["message"].startswith('there is no file "none.png"')
    assert {Path(each.source).name for each in read_results("out")} == {"a.png", "b.png"}
    assert len(list(Path("out/files").glob("*/*.txt"))) == 2
    (folder / "list.txt").write_text("in/more/b.png\n")
    assert run(["batch", "in", "--list", "list.txt", "-o", "out", "-f", "text", "-w", "1", "--resume"]) == 0
    assert "2 of 2 pages read in out, 0 of them now" in capsys.readouterr().out
    assert run(["batch", "in", "-o", "out"]) == 17
    assert "formats" in capsys.readouterr().err
    assert run(["batch", "in", "-o", "out", "-f", "text"]) == 17
    assert "--resume" in capsys.readouterr().err


def test_a_plan_says_how_long_and_how_much(folder, capsys, monkeypatch):
    assert run(["batch", "in", "-r", "--plan", "-w", "1"]) == 0
    told = capsys.readouterr().out
    assert "2 documents, 2 pages; 2 read, 0 failed" in told
    assert "MiB a worker" in told
    real = estimate_module.available_mb
    monkeypatch.setattr(estimate_module, "available_mb", lambda: 1.0)
    assert run(["batch", "in", "--plan", "-w", "1"]) == 0
    assert "fewer workers fit: --workers 1" in capsys.readouterr().out
    assert real() > 1
    assert not list(folder.glob("out*"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-o", "out"], 8, "nothing to read"),
        (["in"], 8, "needs a folder"),
        (["-", "-o", "out"], 8, "stdin"),
        (["--list", "none.txt", "-o", "out"], 3, 'no list "none.txt"'),
        (["--list", "empty.txt", "-o", "out"], 4, "nothing to read"),
        (["in/more/..", "-o", "in"], 17, "holds other files"),
        (["in", "-o", "out", "-f", "jsonl,parquet"], 8, "not as both"),
        (["in", "-o", "out", "-f", "nonsense"], 10, "no output format"),
        (["empty", "-o", "out"], 4, "holds no picture"),
        (["in", "-o", "out", "--ray", "127.0.0.1:1"], 24, "no Ray cluster answers"),
    ],
)
def test_what_cannot_be_done_is_one_line(folder, capsys, arguments, code, words):
    (folder / "empty").mkdir()
    (folder / "empty.txt").touch()
    if "--ray" in arguments:
        pytest.importorskip("ray", reason="needs the package ray: pip install inkread[ray]")
    assert run(["batch", *arguments]) == code
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_limits_reach_the_readers(folder, capsys):
    assert run(["batch", "in", "-o", "out", "-w", "1", "--max-memory-mb", "900", "--deadline", "30"]) == 0
    limits = json.loads(Path("out/inkread-batch.json").read_text())["options"]["limits"]
    assert (limits["max_memory_mb"], limits["deadline_s"]) == (900, 30.0)


@pytest.mark.skipif(sys.platform != "linux", reason="signals of Linux")
def test_an_interrupt_finishes_the_pages_at_hand_and_the_run_goes_on_later(folder):
    with Pillow.open("in/a.png") as picture:
        for number in range(1, 31):
            picture.crop((0, 0, picture.width, 60 + number)).save(f"in/{number}.png")
    command = [sys.executable, "-m", "inkread", "batch", "in", "-o", "out", "--resume", "--json", "-w", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        end = time.monotonic() + 60
        while not list(Path("out").glob("pages/*/*")) and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    first = json.loads(out)
    assert process.returncode == 130
    assert "finishing the pages at hand" in err
    assert first["left"] > 0
    assert first["fresh"] > 0
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    told = json.loads(again.stdout)
    assert (again.returncode, told["read"], told["left"]) == (0, 31, 0)
    assert told["fresh"] == 31 - first["fresh"]


def test_a_line_tells_how_far_it_is():
    progress = Progress(workers=2, planned=100)
    assert "pages 0 of 100 or more, pages a second -, time left -" in line(progress)
    progress.started -= 10
    progress.take(PartDone(1, read=20, fresh=20, memory_mb=512, worker="a:1"))
    progress.read, progress.is_planned = 20, True
    told = line(progress)
    assert "pages 20 of 100 (20.0%), pages a second 2.00, time left 40 s" in told
    assert "failures 0 pages, 0 documents, memory 512 MiB, workers 2" in told
    for number in range(2, 5):  # processes that took the place of others
        progress.take(PartDone(number, memory_mb=100, worker=f"a:{number}"))
    assert progress.memory_mb == 200
    progress.note = "waiting for workers"
    assert line(progress).endswith("waiting for workers")


def test_lines_come_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(batch_table.time, "monotonic", lambda: clock[0])
    progress = Progress(workers=1, planned=9)
    with BatchTable(every_s=30) as table:
        for seconds in (0, 10, 31, 40, 62):
            clock[0] = seconds
            table.show(progress)
    assert capsys.readouterr().err.count("inkread: pages 0 of 9") == 2


def test_a_terminal_has_a_table(monkeypatch):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with BatchTable() as table:
        table.show(Progress(workers=2, planned=7, is_planned=True))
        table.say("[a] word")
        time.sleep(0.4)
    shown = stream.getvalue()
    assert "pages a second" in shown
    assert "7" in shown
    assert "inkread: [a] word" in shown


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (4e5, "4 d 15 h")]
)
def test_a_length_of_time(seconds, told):
    assert as_time(seconds) == told
