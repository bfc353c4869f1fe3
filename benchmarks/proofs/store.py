"""The folder of models under processes at once, kill -9, flipped bytes, and opening and closing over and over.

Writes benchmarks/proofs/store.json. The exit code is 1 unless all of this holds:

- eight processes that ask for one model at once make one download, and get equal files (several rounds);
- after kill -9 at random moments of a download, and of an import, the next start works, and what lay in place
  meanwhile was nothing or the whole file;
- one flipped bit of a model is found wherever it stands, by size, time and remembered hash unchanged;
- a hundred Readers opened, used and closed grow memory by less than 20 MiB, and leave no handle and no thread.

The server is one on this machine, which gives the file slowly, so that moments fall into all of the download.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import models  # noqa: E402

from inkread import Reader  # noqa: E402
from inkread.errors import ModelIntegrityError  # noqa: E402
from inkread.registry.inventory import verify  # noqa: E402
from inkread.registry.store import Store  # noqa: E402

PROCESSES, ROUNDS, KILLS, FLIPS, CYCLES = 8, 5, 20, 200, 100
AIM_MIB = 20.0
ASK = (
    "import hashlib, sys; from pathlib import Path; from inkread.registry.store import Store\n"
    "from inkread.registry import cards, downloads\n"
    "print('ready', flush=True)\n"
    "path = Store(Path(sys.argv[1])).find('m', download=True)\n"
    "print(hashlib.sha256(path.read_bytes()).hexdigest())"
)
IMPORT = (
    "import sys; from pathlib import Path; from inkread.registry.store import Store\n"
    "from inkread.registry.bundle import import_models\n"
    "folder = Path(sys.argv[1])\n"
    "print('ready', flush=True)\n"
    "if not (folder / 'hand').exists(): import_models(Store(folder), Path(sys.argv[2]))\n"
    "print(Store(folder).find('hand').stat().st_size)"
)


def content(size: int) -> bytes:
    """Return a model file of about this many bytes."""
    return models.tiny_onnx() + models.part(99, random.Random(1).randbytes(size))


def with_card(folder: Path, url: str, data: bytes) -> Path:
    """Make a folder of models with a card for the file that the server gives."""
    folder.mkdir(parents=True)
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / "catalog.yaml").write_text(
        "models:\n  m:\n    task: detection\n    license: MIT\n    files:\n"
        f"      - {{name: m.onnx, sha256: {sha256}, size_bytes: {len(data)}, sources: [url {url}/m.onnx]}}\n"
    )
    return folder


def started(script: str, *arguments: Path) -> subprocess.Popen[str]:
    """Start an interpreter that may go to the network, which is this machine."""
    offline = ("INKREAD_OFFLINE", "HF_HUB_OFFLINE")
    environment = {name: value for name, value in os.environ.items() if name not in offline}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), environment.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def at_once(root: Path, processes: int, rounds: int, size: int = 4 << 20) -> list[dict[str, object]]:
    """Return for each round how many downloads that many processes made, and whether they got the right file."""
    data = content(size)
    right = hashlib.sha256(data).hexdigest()
    results: list[dict[str, object]] = []
    for number in range(rounds):
        with models.serving(models.Server({"/m.onnx": data}, piece_delay_s=0.001)) as server:
            folder = with_card(root / f"at-once-{number}", server.url, data)
            asked = [started(ASK, folder) for _ in range(processes)]
            told = [answer(process) for process in asked]
            results.append({"downloads": server.count(), "right": sum(text == right for text in told)})
    return results


def killed_downloads(root: Path, kills: int, size: int = 4 << 20) -> list[dict[str, object]]:
    """Kill a download at random moments, then ask again; return what each moment left and what came of it."""
    data = content(size)
    right = hashlib.sha256(data).hexdigest()
    moments = random.Random(2)
    results: list[dict[str, object]] = []
    with models.serving(models.Server({"/m.onnx": data}, piece_delay_s=0.002)) as server:
        whole_s = min(
            until_there(started(ASK, folder), folder / "m.onnx")
            for folder in (with_card(root / f"timed-{number}", server.url, data) for number in range(3))
        )
        for number in range(kills):
            folder = with_card(root / f"killed-{number}", server.url, data)
            process = started(ASK, folder)
            ready(process)
            time.sleep(moments.uniform(0, whole_s))
            process.kill()
            process.communicate()
            begun = sum(path.stat().st_size for path in folder.glob(".store/incoming/*/m.onnx"))
            in_place = folder / "m.onnx"
            is_sound = not in_place.exists() or hashlib.sha256(in_place.read_bytes()).hexdigest() == right
            server.asked.clear()
            was_there = in_place.exists()
            works = answer(started(ASK, folder)) == right
            went_on = any(asked[2] for asked in server.asked)
            results.append(
                {"begun_bytes": begun, "in_place": was_there, "sound": is_sound, "went_on": went_on, "works": works}
            )
    return results


def ready(process: subprocess.Popen[str]) -> None:
    """Wait until a process has imported what it needs and begins."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def answer(process: subprocess.Popen[str]) -> str:
    """Return the last line that a process printed."""
    return process.communicate(timeout=120)[0].strip().rpartition("\n")[2]


def until_there(process: subprocess.Popen[str], path: Path) -> float:
    """Return how long it takes undisturbed, once it has begun, until a file or folder has its name, seconds."""
    ready(process)
    start = time.perf_counter()
    while not path.exists():
        time.sleep(0.002)
    seconds = time.perf_counter() - start
    process.communicate(timeout=120)
    return seconds


def killed_imports(root: Path, kills: int) -> list[dict[str, object]]:
    """Kill the import of a trained model's folder at random moments, then import again."""
    source = root / "trained"
    source.mkdir()
    (source / "card.yaml").write_text("name: hand\ntask: detection\nlicense: MIT\n")
    (source / "net.onnx").write_bytes(content(32 << 20))
    size = (source / "net.onnx").stat().st_size
    timed = [root / f"import-timed-{number}" for number in range(3)]
    whole_s = min(until_there(started(IMPORT, folder, source), folder / "hand") for folder in timed)
    moments = random.Random(3)
    results: list[dict[str, object]] = []
    for number in range(kills):
        folder = root / f"import-{number}"
        process = started(IMPORT, folder, source)
        ready(process)
        time.sleep(moments.uniform(0, whole_s))
        process.kill()
        process.communicate()
        placed = folder / "hand"
        was_there = placed.exists()
        is_sound = not was_there or sorted(path.name for path in placed.iterdir()) == ["card.yaml", "net.onnx"]
        works = answer(started(IMPORT, folder, source)) == str(size)
        results.append({"in_place": was_there, "sound": is_sound, "works": works})
        shutil.rmtree(folder)
    return results


def flipped(root: Path, flips: int) -> dict[str, int]:
    """Flip single bits of the default recogniser's file, its times put back, and count where that is found."""
    whole = Store(root / "none").find("PP-OCRv6_small_rec").read_bytes()
    store = Store(root / "flipped")
    store.folder.mkdir()
    path = store.folder / "PP-OCRv6_rec_small.onnx"
    path.write_bytes(whole)
    store.find("PP-OCRv6_small_rec")
    state = path.stat()
    bits = random.Random(4)
    by_verify = by_start = 0
    for _ in range(flips):
        position, mask = bits.randrange(len(whole)), 1 << bits.randrange(8)
        with path.open("r+b") as file:
            file.seek(position)
            file.write(bytes([whole[position] ^ mask]))
        try:
            store.find("PP-OCRv6_small_rec")
        except ModelIntegrityError:
            by_start += 1
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        by_verify += [verdict.state for verdict in verify(store, ["PP-OCRv6_rec_small.onnx"])] == ["damaged"]
        with path.open("r+b") as file:
            file.seek(position)
            file.write(whole[position : position + 1])
    return {"flips": flips, "found_by_verify": by_verify, "found_at_the_next_start": by_start}


def cycles(count: int) -> dict[str, object]:
    """Open, use and close Readers, and return how memory, handles and threads have grown."""
    picture = ROOT / "examples" / "receipt.jpg"
    seen: list[tuple[float, int, int]] = []
    for _ in range(count + 1):
        with Reader() as reader:
            reader.read(picture)
        seen.append((resident_mib(), len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))))  # noqa: PTH208
    first, last = seen[0], seen[-1]
    return {
        "cycles": count,
        "grown_mib": round(last[0] - first[0], 1),
        "grown_mib_over_the_second_half": round(last[0] - seen[count // 2][0], 1),
        "handles_more": last[1] - first[1],
        "threads_more": last[2] - first[2],
        "resident_mib": [round(each[0], 1) for each in seen[:: max(1, count // 20)]],
    }


def resident_mib() -> float:
    """Return this process's resident memory, MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / (1 << 20)


def cycles_alone(count: int) -> dict[str, object]:
    """Do the cycles in an interpreter of their own: what went before must not have filled memory, or made threads."""
    code = f"import json, sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import store\n"
    process = started(f"{code}print(json.dumps(store.cycles({count})))")
    told, complaint = process.communicate()
    if process.returncode:
        raise RuntimeError(complaint)
    found: dict[str, object] = json.loads(told)
    return found


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--only", help="one part, by its name in the JSON, measured anew; the others stay as they are")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "store.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        parts = {
            "eight_processes": lambda: at_once(root, PROCESSES, ROUNDS),
            "killed_downloads": lambda: killed_downloads(root, KILLS),
            "killed_imports": lambda: killed_imports(root, KILLS),
            "flipped_bits": lambda: flipped(root, FLIPS),
            "open_and_close": lambda: cycles_alone(arguments.cycles),
        }
        result = json.loads(arguments.output.read_text()) if arguments.only else {}
        for part in [arguments.only] if arguments.only else parts:
            result[part] = parts[part]()
    bits, opened = result["flipped_bits"], result["open_and_close"]
    result["machine"] = f"{platform.machine()}, Python {platform.python_version()}"
    result["held"] = held = {
        "one_download": all(each == {"downloads": 1, "right": PROCESSES} for each in result["eight_processes"]),
        "next_start_works": all(
            each["works"] and each["sound"] for each in (*result["killed_downloads"], *result["killed_imports"])
        ),
        "every_flip_found": bits["found_by_verify"] == bits["flips"] == bits["found_at_the_next_start"],
        "memory": opened["grown_mib"] < AIM_MIB,
        "handles_and_threads": opened["handles_more"] == opened["threads_more"] == 0,
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(held))
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
