"""The environment of each engine: a folder with its own Python, made on demand with pinned versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from conditions import BenchmarkError

REQUIREMENTS = Path(__file__).parent / "requirements"
_ASK_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
def ask(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: ask(name) for name in sys.argv[1:]}))
"""


def cache_folder() -> Path:
    """Return where environments and raw outputs are kept: $INKREAD_BENCH or ~/.cache/inkread/bench, made if need be."""
    folder = Path(os.environ.get("INKREAD_BENCH") or Path.home() / ".cache/inkread/bench")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchmarkError(
            f"cannot make the folder for environments ({error}): name another one in INKREAD_BENCH"
        ) from error
    return folder


def python_of(environment: str) -> Path:
    """Return the Python of an environment, made first if it is not there.

    An environment is a file of pinned versions in `requirements/`. Raises BenchmarkError where it cannot be made or
    holds other versions.
    """
    folder = cache_folder() / environment
    python = folder / "bin/python"
    wanted = _pinned(environment)
    if not python.exists():
        _create(folder, REQUIREMENTS / f"{environment}.txt")
    found = _installed(python, list(wanted))
    wrong = [f"{name} {found.get(name)} (not {pin})" for name, pin in wanted.items() if found.get(name) != pin]
    if wrong:
        raise BenchmarkError(f'the environment "{folder}" holds {", ".join(wrong)}: remove it and it is made anew')
    return python


def _pinned(environment: str) -> dict[str, str]:
    lines = (REQUIREMENTS / f"{environment}.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def _create(folder: Path, requirements: Path) -> None:
    print(f"making the environment {folder}", file=sys.stderr)
    install = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], install):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)  # half an environment would be taken for a whole one
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise BenchmarkError(f'cannot make the environment "{folder}" from {requirements.name}: {reason}')


def _installed(python: Path, packages: list[str]) -> dict[str, str | None]:
    command = [str(python), "-c", _ASK_VERSIONS, *packages]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BenchmarkError(f'"{python}" does not run: remove the folder and it is made anew')
    versions: dict[str, str | None] = json.loads(result.stdout)
    return versions
