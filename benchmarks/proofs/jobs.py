"""Jobs of the service under kill -9, SIGTERM, a full disk, and pages that end the process that reads them.

Writes benchmarks/proofs/jobs.json; the exit code is 1 unless all of this holds:

- two servers share a folder, 500 jobs are sent while one or the other is killed at random, 100 times: each job ends
  once, has each of its pages once, its message arrives with a good signature, and the database is sound;
- 50 equal submissions at once under one key are one job;
- a request for one page waits for at most about a page of long jobs, and jobs go on in a flood of requests;
- SIGTERM under load: what was accepted is answered, or goes on after the next start; the process ends with 0;
- a page that ends the process each time fails alone, the others are read, and the process ends three times at most;
- with the disk full from the n-th write on, for each n, a job is refused with 507 or taken and read later, and what was
  there before can be had meanwhile.

The servers are real processes over HTTP whose reader only waits (jobs_server.py); documents are decoded in children.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from served import tiff  # noqa: E402

from inkread.service.jobs.store import JobStore  # noqa: E402
from inkread.service.jobs.webhook import secret_for, signature  # noqa: E402

PAGE_S = 0.1
JOBS, KILLS, PAGES, EQUAL, MOST_DEATHS = 500, 100, 4, 50, 3
SECRET = "the secret that messages are signed with"
ENDED = "('done', 'failed', 'cancelled')"
# Kept by the database itself, whoever writes: how often a job ended, and a page was put.
AUDIT = f"""
CREATE TABLE IF NOT EXISTS audit (what TEXT, job TEXT);
CREATE TRIGGER IF NOT EXISTS audit_ends AFTER UPDATE OF state ON jobs
    WHEN NEW.state IN {ENDED} AND OLD.state NOT IN {ENDED} BEGIN INSERT INTO audit VALUES ('end', NEW.id); END;
CREATE TRIGGER IF NOT EXISTS audit_pages AFTER INSERT ON pages BEGIN INSERT INTO audit VALUES ('page', NEW.job); END;
"""
CONFIG = """
rate: {{requests: 1000000, megapixels: 1000000}}
limits: {{per_client: 1000}}
jobs:
  folder: {folder}
  lease_s: {lease_s}
  attempts: {attempts}
  min_free_mb: 1
  queue: 100000
  per_client: 100000
  webhook: {{allow: true, first_wait_s: 0.2, longest_wait_s: 1, web: {{hosts: [127.0.0.1], ports: [{port}]}}}}
"""


@dataclass
class Server:
    """A process that serves from a folder, and may be killed."""

    home: Path
    folder: Path
    receiver_port: int = 80
    lease_s: float = 2.0
    attempts: int = 6
    page_s: float = 0.01
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it is ready."""
        config = self.home / f"{self.port}.yaml"
        options = {
            "folder": self.folder,
            "lease_s": self.lease_s,
            "attempts": self.attempts,
            "port": self.receiver_port,
        }
        config.write_text(CONFIG.format(**options))
        environment = {
            **os.environ, "INKREAD_HOME": str(self.home), "INKREAD_WEBHOOK_SECRET": SECRET,
            "PAGE_S": str(self.page_s), "READ_FILE": str(self.home / "read"),
        }  # fmt: skip
        command = [sys.executable, str(ROOT / "benchmarks" / "proofs" / "jobs_server.py"), str(config), str(self.port)]
        with (self.home / f"{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, env=environment)
        for _ in range(600):
            if self.process.poll() is not None:
                return
            try:
                if httpx2.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise TimeoutError((self.home / f"{self.port}.log").read_text()[-3000:])

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as an operator would; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Receiver(ThreadingHTTPServer):
    """Notes which messages came with a good signature; refuses some, so that they are sent again."""

    daemon_threads = True

    def __init__(self) -> None:
        self.good: Counter[str] = Counter()
        self.bad = 0
        super().__init__(("127.0.0.1", 0), _Taker)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Taker(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        name, when = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        expected = signature(secret_for("anybody", SECRET), name, when, body)
        is_good = self.headers["webhook-signature"] == expected and abs(time.time() - when) < 60
        is_taken = is_good and random.random() > 0.1
        if is_taken:
            self.server.good[json.loads(body)["data"]["id"]] += 1
        self.server.bad += not is_good
        self.send_response(204 if is_taken else 503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def send(urls: list[str], number: int, pages: int, webhook: str | None) -> str:
    """Submit a job under a key until one of the servers has taken it; return its id."""
    values = {"name": f"{number}.tif", **({"webhook": webhook} if webhook else {})}
    while True:
        try:
            answer = httpx2.post(
                f"{random.choice(urls)}/v1/jobs",
                files={"file": ("scan.tif", tiff(pages))},
                data=values,
                headers={"idempotency-key": f"job-{number}"},
                timeout=10,
            )
        except httpx2.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == 202:
            found: str = answer.json()["id"]
            return found
        if answer.status_code not in (502, 503):
            raise AssertionError(answer.text)
        time.sleep(0.05)


def killed(home: Path, jobs: int, kills: int) -> dict[str, Any]:
    """Return what became of jobs whose servers were killed at random."""
    folder = home / "jobs"
    folder.mkdir(parents=True)
    rows = audited(folder)
    receiver = Receiver()
    servers = [Server(home, folder, receiver.server_port) for _ in range(2)]
    for server in servers:
        server.start()
    webhook = f"http://127.0.0.1:{receiver.server_port}/ended"
    start = time.monotonic()
    with ThreadPoolExecutor(4) as clients:
        # Sent over as long as the killing lasts, so that kills fall into submissions too.
        pause_s = kills / jobs

        def submit(number: int) -> str:
            time.sleep(random.uniform(0, 2 * pause_s))
            return send([server.url for server in servers], number, PAGES, webhook)

        sent = [clients.submit(submit, number) for number in range(jobs)]
        for _ in range(kills):
            time.sleep(random.uniform(0.05, 0.6))
            victim = random.choice(servers)
            victim.kill()
            victim.start()
        ids = [each.result() for each in sent]
    is_over = wait_for(lambda: count(rows, f"SELECT COUNT(*) FROM jobs WHERE state IN {ENDED}") == jobs)
    wait_for(lambda: len(receiver.good) == jobs)
    exit_codes = [server.stop() for server in servers]
    # A document that was killed before its job was noted goes with the next start of a server that is alone.
    servers[0].start()
    exit_codes.append(servers[0].stop())
    told = {
        "jobs": jobs,
        "kills": kills,
        "seconds": round(time.monotonic() - start, 1),
        "ids": len(set(ids)),
        "all_ended": is_over,
        "states": dict(rows.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state")),
        "ends": count(rows, "SELECT COUNT(*) FROM audit WHERE what = 'end'"),
        "pages_put": count(rows, "SELECT COUNT(*) FROM audit WHERE what = 'page'"),
        "pages_kept": count(rows, "SELECT COUNT(*) FROM pages WHERE body IS NOT NULL"),
        "pages_failed": dict(rows.execute("SELECT kind, COUNT(*) FROM pages WHERE body IS NULL GROUP BY kind")),
        "pages_read": len((home / "read").read_bytes()),
        "jobs_with_all_pages": count(
            rows, f"SELECT COUNT(*) FROM (SELECT job FROM pages GROUP BY job HAVING COUNT(*) = {PAGES})"
        ),
        "integrity": rows.execute("PRAGMA integrity_check").fetchone()[0],
        "documents": len(list((folder / "documents").iterdir())),
        "messages": {
            "jobs": len(receiver.good),
            "twice": sum(n > 1 for n in receiver.good.values()),
            "bad": receiver.bad,
        },
        "exit_codes": exit_codes,
    }
    rows.close()
    receiver.shutdown()
    receiver.server_close()
    pages = jobs * PAGES
    told["met"] = (
        told["ids"] == told["ends"] == told["states"].get("done") == told["jobs_with_all_pages"] == jobs
        and told["pages_put"] == told["pages_kept"] == pages
        and told["integrity"] == "ok"
        and told["documents"] == jobs
        and told["messages"]["jobs"] == jobs
        and not receiver.bad
        and exit_codes == [0, 0, 0]
    )
    return told


def equal(home: Path, count_: int) -> dict[str, Any]:
    """Return how many jobs equal submissions at once make."""
    server = Server(home, home / "equal")
    server.start()
    barrier = threading.Barrier(count_)

    def submit(_: int) -> str:
        barrier.wait()
        return send([server.url], 0, PAGES, None)

    with ThreadPoolExecutor(count_) as clients:
        ids = set(clients.map(submit, range(count_)))
    server.stop()
    kept = len(list((home / "equal" / "documents").iterdir()))
    return {"submissions": count_, "jobs": len(ids), "documents": kept, "met": len(ids) == kept == 1}


def stopped(home: Path, jobs: int, requests: int) -> dict[str, Any]:
    """Return what becomes of what was accepted when a server is told to end under load."""
    server = Server(home, home / "stopped", page_s=0.3)
    server.start()

    def read(_: int) -> int:
        try:
            return httpx2.post(f"{server.url}/v1/read", files={"file": ("a.tif", tiff(2))}, timeout=60).status_code
        except httpx2.TransportError:
            return 0

    accepted: list[str] = []
    over = threading.Event()

    def submit(number: int) -> None:
        while not over.is_set() and len(accepted) < jobs:
            try:
                answer = httpx2.post(f"{server.url}/v1/jobs", files={"file": ("a.tif", tiff(PAGES))}, timeout=10)
            except httpx2.TransportError:
                return
            if answer.status_code == 202:
                accepted.append(answer.json()["id"])

    with ThreadPoolExecutor(requests + 4) as clients:
        submitting = [clients.submit(submit, number) for number in range(4)]
        wait_for(lambda: len(accepted) >= jobs // 2)
        reading = [clients.submit(read, number) for number in range(requests)]
        wait_for(lambda: waiting(server) == requests, 5)
        start = time.monotonic()
        exit_code = server.stop()
        seconds = time.monotonic() - start
        over.set()
        statuses = Counter(each.result() for each in reading)
        for each in submitting:
            each.result()
    before = states(home / "stopped")
    server.page_s = 0.001
    server.start()
    is_over = wait_for(lambda: set(states(home / "stopped")) == {"done"})
    server.stop()
    after = states(home / "stopped")
    return {
        "requests": dict(statuses),
        "jobs_accepted": len(accepted),
        "states_when_stopped": before,
        "states_after": after,
        "seconds": round(seconds, 2),
        "exit_code": exit_code,
        "met": is_over and statuses[200] == requests and after == {"done": len(accepted)} and exit_code == 0,
    }


def poisoned(home: Path, pages: int) -> dict[str, Any]:
    """Return what becomes of a job with a page that ends the process each time, and of another one meanwhile."""
    from jobs_server import POISON_PX
    from PIL import Image as Pillow

    path = home / "poison.tif"
    sizes = [POISON_PX if number == pages // 2 else 100 for number in range(pages)]
    first, *others = [Pillow.new("L", (size, 60), "white") for size in sizes]
    first.save(path, "TIFF", save_all=True, append_images=others)
    server = Server(home, home / "poisoned", attempts=MOST_DEATHS)
    server.start()
    answer = httpx2.post(f"{server.url}/v1/jobs", files={"file": ("poison.tif", path.read_bytes())}, timeout=10)
    other = httpx2.post(f"{server.url}/v1/jobs", files={"file": ("sound.tif", tiff(200))}, timeout=10)
    deaths = 0
    statuses: list[dict[str, Any]] = []
    for _ in range(600):
        time.sleep(0.1)
        assert server.process is not None
        if server.process.poll() is not None:
            deaths += 1
            server.start()
            continue
        try:
            addresses = [each.headers["location"] for each in (answer, other)]
            statuses = [httpx2.get(server.url + address, timeout=10).json() for address in addresses]
        except httpx2.TransportError:
            continue
        if all(status["ended"] for status in statuses):
            break
    result = httpx2.get(f"{server.url}{answer.headers['location']}/result", timeout=30)
    server.stop()
    job, sound = statuses
    return {
        "pages": pages,
        "read": len(result.json()["pages"]),
        "failed": [{name: each[name] for name in ("position", "kind")} for each in job["failed_pages"]],
        "deaths": deaths,
        "other_job": {"state": sound["state"], "failed_pages": len(sound["failed_pages"])},
        "met": len(result.json()["pages"]) == pages - 1
        and [(each["position"], each["kind"]) for each in job["failed_pages"]] == [(pages // 2 + 1, "WorkerError")]
        and deaths <= MOST_DEATHS
        and (sound["state"], sound["failed_pages"]) == ("done", []),
    }


def fair(home: Path, seconds: float) -> dict[str, Any]:
    """Return how long a request for one page takes alone and beside long jobs, and how these go on in a flood."""
    server = Server(home, home / "fair", page_s=PAGE_S)
    server.start()
    content = tiff(1)

    def ask(http: httpx2.Client) -> float:
        start = time.perf_counter()
        assert http.post(f"{server.url}/v1/read", files={"file": ("a.tif", content)}).status_code == 200
        return time.perf_counter() - start

    def some() -> float:
        with httpx2.Client(timeout=60) as http:
            return sorted(ask(http) for _ in range(20))[10]

    def done() -> int:
        return sum(httpx2.get(server.url + each).json()["pages_done"] for each in jobs)

    alone = some()
    long = tiff(500)
    jobs = [
        httpx2.post(f"{server.url}/v1/jobs", files={"file": ("a.tif", long)}, timeout=10).headers["location"]
        for _ in range(4)
    ]
    wait_for(lambda: done() > 4)
    beside = some()
    before, over = done(), threading.Event()
    answered = 0

    def press() -> None:
        nonlocal answered
        with httpx2.Client(timeout=60) as http:
            while not over.is_set():
                ask(http)
                answered += 1

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in threads:
        thread.join()
    pages = done() - before
    server.kill()
    return {
        "page_s": PAGE_S,
        "request_alone_s": round(alone, 3),
        "request_beside_jobs_s": round(beside, 3),
        "flood": {"seconds": seconds, "clients": 6, "requests": answered, "pages_of_jobs": pages},
        "met": beside - alone < 1.5 * PAGE_S and pages > 0 and answered > pages,
    }


def full_disk(home: Path, step: int, most: int) -> dict[str, Any]:
    """Return what becomes of jobs with a disk that is full from the n-th write on, for every `step`-th n."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return {"skipped": "needs Linux and a C compiler", "met": True}
    here = ROOT / "benchmarks" / "proofs"
    shim = home / "full_disk.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", shim, here / "full_disk.c", "-ldl"], check=True)
    command = [sys.executable, str(here / "jobs_disk.py"), str(step), str(most)]
    environment = {**os.environ, "LD_PRELOAD": str(shim)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(done.stderr[-3000:])
    cases = json.loads(done.stdout.splitlines()[-1])
    return {
        "cases": len(cases),
        "refused": sum(case["status"] == 507 for case in cases),
        "taken": sum(case["status"] == 202 for case in cases),
        "wrong": [case for case in cases if not case["right"]],
        "met": done.returncode == 0 and len(cases) > 0,
    }


def waiting(server: Server) -> int:
    """Return how many requests a server has accepted and not answered."""
    told = httpx2.get(f"{server.url}/metrics", timeout=10).text
    return next(int(float(line.split()[1])) for line in told.splitlines() if line.startswith("inkread_queue "))


def audited(folder: Path) -> sqlite3.Connection:
    """Return the rows of a new store that notes every end and every page."""
    path = folder / "jobs.sqlite"
    JobStore(path, "proof").close()
    rows = sqlite3.connect(path, timeout=60, isolation_level=None)
    rows.executescript(AUDIT)
    return rows


def states(folder: Path) -> dict[str, int]:
    """Return how many jobs are in which state."""
    rows = sqlite3.connect(folder / "jobs.sqlite", timeout=60)
    try:
        return dict(rows.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state"))
    finally:
        rows.close()


def count(rows: sqlite3.Connection, asked: str) -> int:
    """Return one number."""
    found: int = rows.execute(asked).fetchone()[0]
    return found


def wait_for(is_so: Any, seconds: float = 120.0) -> bool:
    """Wait until something is so; return whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--step", type=int, default=1, help="of n, with a disk full from the n-th write on")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "jobs.json")
    arguments = parser.parse_args()
    random.seed(8)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        homes = {name: Path(folder) / name for name in ("killed", "equal", "stopped", "fair", "poisoned", "full_disk")}
        for home in homes.values():
            home.mkdir()
        parts = {
            "killed": lambda home: killed(home, arguments.jobs, arguments.kills),
            "equal": lambda home: equal(home, EQUAL),
            "stopped": lambda home: stopped(home, 60, 8),
            "fair": lambda home: fair(home, 10.0),
            "poisoned": lambda home: poisoned(home, 50),
            "full_disk": lambda home: full_disk(home, arguments.step, 200),
        }
        for name, part in parts.items():
            result[name] = part(homes[name])
            print(name, json.dumps(result[name]), file=sys.stderr, flush=True)
    result["machine"] = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    met = {name: part["met"] for name, part in result.items() if name != "machine"}
    print(json.dumps(met))
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
