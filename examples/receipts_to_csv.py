"""Photographs of receipts to one table: python receipts_to_csv.py FOLDER OUT.csv

A row for each receipt, with the fields that no check could confirm named in the last column.
"""

import csv
import sys
from pathlib import Path

import inkread

COLUMNS = ("file", "company", "date", "total", "currency", "doubtful")


def main(folder: str, out: str) -> None:
    with inkread.Reader() as reader, Path(out).open("x", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for name, result in reader.read_many(folder):
            if isinstance(result, inkread.InkreadError):
                print(f"{name}: {result}", file=sys.stderr)
                continue
            found = inkread.extract_fields(result, "receipt")
            row = {column: found[column].value for column in COLUMNS[1:5] if found[column]}
            table.writerow({"file": Path(name).name, **row, "doubtful": " ".join(found.doubtful)})


if __name__ == "__main__":
    main(*sys.argv[1:])
