"""A folder in several processes, with a bar, going on where it was stopped: python batch_with_progress.py FOLDER OUT

What cannot be read is told at the end, and costs nothing else.
"""

import sys
from pathlib import Path

from rich.progress import track

import inkread


def main(folder: str, out: str) -> None:
    pictures = sorted(str(path) for path in Path(folder).iterdir() if path.is_file())
    Path(out).mkdir(exist_ok=True)
    failures = {}
    with inkread.Reader() as reader:
        results = reader.read_many(pictures, max_workers=2, resume=Path(out) / "done.jsonl")
        for name, result in track(results, description="reading", total=len(pictures)):
            if isinstance(result, inkread.InkreadError):
                failures[name] = result
            else:
                result.save(Path(out) / f"{Path(name).stem}.txt", overwrite=True)
    for name, failure in failures.items():
        print(f"{name}: {failure}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
