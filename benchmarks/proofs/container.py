"""The Dockerfile's steps in a clean Debian, without Docker: does what it makes run, read only, offline and not as root?

A Debian of nothing but its base is made by mmdebstrap for each stage, and the steps are carried out in it by chroot.
Then `inkread serve` runs in the last one: as the image's user, with everything but its volume and /tmp read only,
without capabilities and in a network of its own that leads nowhere. It must become healthy by the image's own
HEALTHCHECK, read a page, write nowhere else, and end with 0 when it is told to. Needs Linux, root, mmdebstrap,
Debian's mirror and PyPI; without them it says so and ends with 0. Writes benchmarks/proofs/container.json. Takes
minutes and 3 GB in --folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_HEALTHY_S = 60.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Run inside: read a page, say how it was answered; try to write and to connect, which must fail.
INSIDE = """
import json, os, pathlib, socket, sys, urllib.request
told = {"user": os.getuid(), "groups": os.getgroups()}
content = pathlib.Path("/tmp/receipt.jpg").read_bytes()
import base64
body = json.dumps({"file": base64.b64encode(content).decode(), "format": "text"}).encode()
told["text"] = urllib.request.urlopen("http://127.0.0.1:8080/v1/read", body, timeout=60).read().decode()
told["written"] = []
for folder in ("/", "/opt/inkread", "/etc", "/usr/bin"):
    try:
        pathlib.Path(folder, "x").write_text("x")
        told["written"].append(folder)
    except OSError:
        pass
try:
    socket.create_connection(("192.0.2.1", 80), 2)
    told["connected"] = True
except OSError:
    told["connected"] = False
print(json.dumps(told))
"""


@dataclass
class Stage:
    """A stage of a Dockerfile: its base, its steps, and how what it makes is run."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        return next((rest for each, rest in reversed(self.steps) if each == word), "")

    @property
    def environment(self) -> dict[str, str]:
        found = {"PATH": _PATH}
        for word, rest in self.steps:
            found |= variables(rest) if word == "ENV" else {}
        return found


def variables(rest: str) -> dict[str, str]:
    """Return what ENV sets."""
    return {name: value for name, _, value in (pair.partition("=") for pair in shlex.split(rest))}


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the roots are made; a new one is removed afterwards")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "container.json")
    arguments = parser.parse_args()
    if reason := why_not():
        print(f"not run: {reason}")
        return 0
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="inkread-container-", dir="/var/tmp"))
    start = time.perf_counter()
    try:
        stages = parse((ROOT / "Dockerfile").read_text())
        roots: dict[str, Path] = {}
        for number, stage in enumerate(stages):
            roots[stage.name or str(number)] = make(stage, folder / f"root{number}", roots)
        last = folder / f"root{len(stages) - 1}"
        result = {
            "steps": sum(len(stage.steps) for stage in stages),
            "size_mb": size_mb(last),
            "built_s": round(time.perf_counter() - start),
            **serve(stages[-1], last),
        }
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    result["met"] = {
        "healthy": result["healthy_after_s"] is not None,
        "reads": "TOTAL EUR" in result["text"],
        "not_root": result["user"] not in (0, None),
        "read_only": result["written"] == [],
        "offline": result["connected"] is False,
        "ends": result["exit_code"] == 0,
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["met"]))
    return 0 if all(result["met"].values()) else 1


def why_not() -> str:
    """Return why this cannot be run here, or nothing."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "it needs Linux and root"
    missing = [name for name in ("mmdebstrap", "unshare", "chroot", "setpriv") if shutil.which(name) is None]
    return f"it needs {', '.join(missing)}: apt-get install mmdebstrap util-linux" if missing else ""


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    stages: list[Stage] = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1].steps.append((word, rest.strip()))
    return stages


def make(stage: Stage, root: Path, roots: dict[str, Path]) -> Path:
    """Carry out the steps of a stage in a clean Debian."""
    found = re.fullmatch(r"debian:(\w+)-slim", stage.base)
    assert found is not None, stage.base
    print(f"{root}: {stage.base}", file=sys.stderr, flush=True)
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", found[1], str(root)], check=True)
    # How this machine gets to PyPI is its own affair: the names that it knows, the certificates that it trusts.
    shutil.copyfile("/etc/resolv.conf", root / "etc" / "resolv.conf")
    if certificates := os.environ.get("PIP_CERT"):
        shutil.copyfile(certificates, root / "tmp" / "certificates.crt")
    workdir = "/"
    environment = {"PATH": _PATH}
    for word, rest in stage.steps:
        print(f"  {word} {rest}", file=sys.stderr, flush=True)
        if word == "WORKDIR":
            workdir = rest
            (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "RUN":
            run(root, workdir, rest, environment)
        elif word == "ENV":
            environment |= variables(rest)
        elif word == "COPY":
            copy(root, workdir, rest, roots)
        else:
            assert word in ("USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD"), word
    return root


def run(root: Path, workdir: str, command: str, environment: dict[str, str]) -> None:
    """Run a step in a root."""
    inner = f'cd "{workdir}" && {command}'
    script = f"mount -t proc proc {root}/proc && exec /usr/sbin/chroot {root} sh -c {shlex.quote(inner)}"
    more = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
    if "PIP_CERT" in os.environ:
        more["PIP_CERT"] = "/tmp/certificates.crt"
    unshared = ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", script]
    subprocess.run(unshared, check=True, env={**environment, **more}, stdout=subprocess.DEVNULL)


def copy(root: Path, workdir: str, rest: str, roots: dict[str, Path]) -> None:
    """Copy from what is around the Dockerfile, as far as .dockerignore lets it, or from another stage."""
    *given, target = shlex.split(rest)
    source = ROOT
    if given[0].startswith("--from="):
        source = roots[given.pop(0).partition("=")[2]]
    else:
        allowed = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
        assert set(given) <= set(allowed), (given, allowed)
    place = root / Path(workdir, target).relative_to("/")
    for name in given:
        what = source / name.lstrip("/")
        if what.is_dir():
            shutil.copytree(what, place, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(what, place / name)


def serve(stage: Stage, root: Path) -> dict[str, Any]:
    """Run what the image runs, as hardened as compose.yaml has it, and return what became of it."""
    command = [*json.loads(stage.last("ENTRYPOINT")), *json.loads(stage.last("CMD")), "--insecure"]
    check = json.loads(stage.last("HEALTHCHECK").partition("CMD ")[2])
    home = stage.last("VOLUME").lstrip("/")
    shutil.copyfile(ROOT / "examples" / "receipt.jpg", root / "receipt.jpg")
    # One shell holds the namespaces; everything else joins them. Its own files are read only from here on.
    setup = (
        f"ip link set lo up 2>/dev/null || true; mount --bind {root} {root}; mount --bind {root}/{home} {root}/{home}; "
        f"mount -t tmpfs tmpfs {root}/tmp; cp {root}/receipt.jpg {root}/tmp/; chmod 1777 {root}/tmp; "
        f"chmod 644 {root}/tmp/receipt.jpg; mount -t proc proc {root}/proc; "
        f"mount -o remount,bind,ro {root}; exec sleep infinity"
    )
    holder = subprocess.Popen(["unshare", "--mount", "--net", "--ipc", "--uts", "sh", "-ec", setup])
    try:
        time.sleep(2.0)
        enter = [
            "nsenter",
            f"--target={holder.pid}",
            "--mount",
            "--net",
            "--ipc",
            "--uts",
            "/usr/sbin/chroot",
            str(root),
        ]
        user = stage.last("USER")
        drop = [*enter, "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all", "--inh-caps=-all"]  # fmt: skip
        environment = stage.environment
        process = subprocess.Popen([*drop, *command], env=environment, stderr=subprocess.PIPE, text=True)
        try:
            healthy = wait_until_healthy([*drop, *check], environment)
            told: dict[str, Any] = {"text": "", "written": None, "connected": None, "user": None}
            if healthy is not None:
                done = subprocess.run(
                    [*drop, "python3", "-c", INSIDE], env=environment, capture_output=True, text=True, check=False
                )
                told |= json.loads(done.stdout) if done.returncode == 0 else {"text": done.stderr[-500:]}
            process.terminate()
            _, log = process.communicate(timeout=60)
        finally:
            process.kill()
        return {**told, "healthy_after_s": healthy, "exit_code": process.returncode, "log": log.splitlines()[:3]}
    finally:
        holder.kill()
        holder.wait()


def wait_until_healthy(check: list[str], environment: dict[str, str]) -> float | None:
    """Return after how many seconds the image's own check succeeds; None: not in time."""
    start = time.perf_counter()
    while (waited := time.perf_counter() - start) < _HEALTHY_S:
        if subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0:
            return round(waited, 1)
        time.sleep(0.5)
    return None


def size_mb(root: Path) -> int:
    """Return how large a root is, MB."""
    done = subprocess.run(["du", "--summarize", "--block-size=1000000", str(root)], capture_output=True, text=True)
    return int(done.stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
