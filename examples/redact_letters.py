"""Copies without IBANs, addresses of mail and a name: python redact_letters.py FOLDER OUT NAME

What matches is gone from the pixels and from the text of the copy, which is read once more before it gets its name.
"""

import re
import sys
from pathlib import Path

import inkread


def main(folder: str, out: str, name: str) -> None:
    Path(out).mkdir(exist_ok=True)
    with inkread.Reader() as reader:
        for letter in sorted(Path(folder).iterdir()):
            copy = Path(out) / f"{letter.stem}.pdf"
            report = inkread.redact(
                letter, copy, [re.escape(name)], presets=["iban", "email"], ignore_case=True, reader=reader
            )
            print(f"{letter.name}: {sum(len(page.matches) for page in report.pages)} places")


if __name__ == "__main__":
    main(*sys.argv[1:])
