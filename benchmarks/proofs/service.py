"""The service under load, on loopback: as fast as the library, and what it does with ten times too much.

The same pictures are read by the library, one after the other, and by the service for eight clients at once, in turn,
several times; the ratio of the medians is compared. Then so many clients ask without waiting that ten times as much
comes as can be done, for a while: how much is answered, how soon, what is refused, what becomes of /health and memory.
Beside it a server that has nothing to do is asked as often: what it takes is the machine's share of /health.
Last, requests of OpenAPI's making (schemathesis) go to the app with a reader that reads nothing.
Writes benchmarks/proofs/service.json; the exit code says whether all aims were met. In short:
--rounds 1 --seconds 10 --cases 100.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from inkread import Reader

ROOT = Path(__file__).resolve().parents[2]
AIM_RATIO = 0.85
AIM_GOODPUT = 0.80
AIM_HEALTH_S = 0.05
# Memory over the second half of the flood: no more than this times what it was.
AIM_MEMORY = 1.05
DEADLINE_S = 60.0
CLIENTS = 8
# Until all clients of the flood have asked, and the queue is as long as it gets.
RAMP_S = 3.0
# It answers anything and does nothing else: how long it takes beside the service is the machine's share.
BYSTANDER = """
import asyncio
async def answer(reader, writer):
    while await reader.readline():
        await reader.readuntil(b"\\r\\n\\r\\n")
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\n{}")
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
# A process of its own: among the threads that ask for pages it would measure them.
PROBER = """
import http.client, sys, time, urllib.parse
where = urllib.parse.urlsplit(sys.argv[1])
line = http.client.HTTPConnection(where.netloc)
while True:
    start = time.perf_counter()
    line.request("GET", where.path)
    line.getresponse().read()
    print(time.perf_counter() - start, flush=True)
    time.sleep(0.1)
"""


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0, help="of ten times too much")
    parser.add_argument("--cases", type=int, default=2000, help="of schemathesis")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "service.json")
    arguments = parser.parse_args()
    pictures = sorted((ROOT / "examples").glob("*.jpg")) * 8
    with serving() as (url, process):
        throughput = compare(url, pictures, arguments.rounds)
        overload = flood(
            url,
            process.pid,
            [picture.read_bytes() for picture in pictures[:8]],
            arguments.seconds,
            throughput["service_per_s"],
        )
        paths = httpx2.get(f"{url}/openapi.json").json()["paths"]
        endpoints = sum(len(methods) for methods in paths.values())
        stopped = stop(process, url, pictures[0].read_bytes())
    result = {
        "throughput": throughput,
        "overload": overload,
        "stopped": stopped,
        "openapi": openapi_cases(arguments.cases, endpoints),
        "aims": {
            "ratio": AIM_RATIO,
            "goodput": AIM_GOODPUT,
            "health_p99_s": AIM_HEALTH_S,
            "memory": AIM_MEMORY,
            "server_errors": 0,
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
    }
    result["met"] = {
        "ratio": throughput["ratio"] >= AIM_RATIO,
        "goodput": overload["goodput"] >= AIM_GOODPUT,
        "accepted_p99": overload["accepted_p99_s"] < DEADLINE_S,
        "health_p99": overload["health_s"]["p99"] < AIM_HEALTH_S,
        "memory": overload["memory_mib"]["end"] <= AIM_MEMORY * overload["memory_mib"]["half"],
        "stopped": stopped["lost"] == 0 and stopped["exit_code"] == 0,
        "openapi": result["openapi"]["failed"] == 0,
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["met"]))
    return 0 if all(result["met"].values()) else 1


@contextmanager
def serving() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the address of a service that is ready, and its process."""
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "service.yaml"
        config.write_text("rate:\n  requests: 1000000\n  megapixels: 1000000\nlimits:\n  per_client: 1000\n")
        command = [sys.executable, "-m", "inkread", "serve", "--port", "0", "--offline", "--config", str(config)]
        log = Path(home) / "log"
        with log.open("w") as stderr:
            environment = {**os.environ, "INKREAD_HOME": home}
            process = subprocess.Popen([*command, "--log-level", "info"], stderr=stderr, text=True, env=environment)
        try:
            yield ready(log), process
        finally:
            process.kill()
            process.wait()


def ready(log: Path) -> str:
    """Return the address that a service's log tells, when it is ready."""
    for _ in range(600):
        time.sleep(0.1)
        if found := re.search(r"serving anybody on port (\d+)", log.read_text()):
            url = f"http://127.0.0.1:{found[1]}"
            try:
                if httpx2.get(f"{url}/health/ready").status_code == 200:
                    return url
            except httpx2.TransportError:
                continue
    raise TimeoutError(log.read_text())


def compare(url: str, pictures: list[Path], rounds: int) -> dict[str, Any]:
    """Return pictures a second of the library and of the service, in turn, and whether they say the same."""
    contents = [picture.read_bytes() for picture in pictures]
    spent: dict[str, list[float]] = {"library": [], "service": []}
    with Reader() as reader, httpx2.Client(timeout=120) as service, ThreadPoolExecutor(CLIENTS) as clients:

        def ask(content: bytes) -> str:
            return service.post(f"{url}/v1/read", files={"file": ("a.jpg", content)}, data={"format": "text"}).text

        expected = [f"{reader.read(content)}\n" for content in contents[: len(contents) // 8]] * 8
        said = list(clients.map(ask, contents))
        for number in range(rounds):
            start = time.perf_counter()
            for content in contents:
                reader.read(content)
            spent["library"].append(time.perf_counter() - start)
            start = time.perf_counter()
            list(clients.map(ask, contents))
            spent["service"].append(time.perf_counter() - start)
            print(f"round {number + 1}: {spent['library'][-1]:.2f} s, {spent['service'][-1]:.2f} s", file=sys.stderr)
    library, served = (len(contents) / statistics.median(times) for times in spent.values())
    return {
        "pictures": len(contents),
        "clients": CLIENTS,
        "library_per_s": round(library, 3),
        "service_per_s": round(served, 3),
        "ratio": round(served / library, 3),
        "seconds": {name: [round(each, 2) for each in times] for name, times in spent.items()},
        "same_text": said == expected,
    }


def flood(url: str, pid: int, contents: list[bytes], seconds: float, peak: float) -> dict[str, Any]:
    """Return what becomes of ten times as many requests as can be answered."""
    files = [base64.b64encode(content).decode() for content in contents]
    bodies = itertools.cycle([json.dumps({"file": file, "format": "text"}).encode() for file in files])
    answers: list[tuple[int, float]] = []
    over = threading.Event()
    # A client that was refused asks again after a moment: so many are ten times the capacity and more.
    pause_s = 1.0
    clients = round(10 * peak * pause_s) + 70

    where = urllib.parse.urlsplit(url).netloc

    def press() -> None:
        # The standard library's client: a hundred of others, each with its certificates, would take the processors.
        line = http.client.HTTPConnection(where, timeout=120)
        while not over.is_set():
            start = time.perf_counter()
            try:
                line.request("POST", "/v1/read", next(bodies))
                answer = line.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                line.close()
                status = 0
            answers.append((status, time.perf_counter() - start))
            if status != 200:
                over.wait(pause_s)

    before = resident_mib(pid)
    threads = [threading.Thread(target=press) for _ in range(clients)]
    with bystander() as beside, probing(f"{url}/health/live") as health, probing(beside) as idle:
        for thread in threads:
            thread.start()
        time.sleep(RAMP_S)
        answers.clear()
        memory, running = [], []
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            time.sleep(1.0)
            memory.append(resident_mib(pid))
            running.append(threads_that_run(pid))
        done = [waited for status, waited in answers if status == 200]
        per_s = len(done) / (time.perf_counter() - start)
    over.set()
    for thread in threads:
        thread.join()
    half = memory[len(memory) // 2 :]
    return {
        "seconds": seconds,
        "clients": clients,
        "answers": {str(status): count for status, count in sorted(Counter(status for status, _ in answers).items())},
        "offered_per_answered": round(len(answers) / max(1, len(done)), 1),
        "goodput_per_s": round(per_s, 3),
        "goodput": round(per_s / peak, 3),
        "accepted_p99_s": round(quantile(done, 0.99), 2),
        "health_s": quantiles(health),
        "bystander_s": quantiles(idle),
        "threads_that_run": {"mean": round(statistics.mean(running), 1), "most": max(running)},
        "memory_mib": {
            "before": round(before),
            "half": round(half[0]),
            "end": round(half[-1]),
            "peak": round(max(memory)),
        },
    }


@contextmanager
def bystander() -> Iterator[str]:
    """Yield the address of a server that has nothing to do."""
    process = subprocess.Popen([sys.executable, "-c", BYSTANDER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def probing(url: str) -> Iterator[list[float]]:
    """Yield a list that holds, afterwards, how long each request to an address took, s."""
    taken: list[float] = []
    process = subprocess.Popen([sys.executable, "-c", PROBER, url], stdout=subprocess.PIPE, text=True)
    try:
        yield taken
    finally:
        process.terminate()
        taken += [float(line) for line in process.communicate()[0].splitlines()]


def quantiles(values: list[float]) -> dict[str, float]:
    """Return the median, the slowest hundredth and the slowest."""
    found = {name: quantile(values, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))}
    return {name: round(value, 4) for name, value in found.items()}


def threads_that_run(pid: int) -> int:
    """Return how many threads of a process run or could run now (Linux)."""
    states = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
        except OSError:
            continue  # it has ended
    return states.count("R")


def quantile(values: list[float], share: float) -> float:
    """Return the value that this share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def stop(process: subprocess.Popen[str], url: str, content: bytes) -> dict[str, Any]:
    """Return what becomes of requests that were accepted when the service is told to end, and how long it takes."""

    def ask(_: int) -> int:
        try:
            return httpx2.post(f"{url}/v1/read", files={"file": ("a.jpg", content)}, timeout=60).status_code
        except httpx2.TransportError:
            return 0

    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [clients.submit(ask, number) for number in range(CLIENTS)]
        time.sleep(1.0)  # all are accepted, few are read
        start = time.perf_counter()
        process.terminate()
        process.wait(60)
        seconds = time.perf_counter() - start
        statuses = [each.result() for each in asked]
    lost = sum(status != 200 for status in statuses)
    return {"accepted": CLIENTS, "lost": lost, "seconds": round(seconds, 2), "exit_code": process.returncode}


def openapi_cases(count: int, endpoints: int) -> dict[str, Any]:
    """Return how requests of OpenAPI's making were answered: none with an error of ours, each as described."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/contracts/test_service_openapi.py"]
    each = -(-count // endpoints)
    environment = {**os.environ, "INKREAD_OPENAPI_CASES": str(each)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout[-2000:], file=sys.stderr)
    return {
        "cases_each": each,
        "endpoints": endpoints,
        "failed": done.returncode,
        "told": done.stdout.strip().splitlines()[-1],
    }


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process, MiB (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
