"""The tables of a scan as a workbook, a sheet for each, numbers as numbers: python table_to_xlsx.py SCAN OUT.xlsx"""

import sys
from pathlib import Path

import inkread
from inkread.export.xlsx import to_xlsx


def main(scan: str, out: str) -> None:
    document = inkread.read(scan)
    for table in document.tables:
        print(f"{table.rows} rows, {table.columns} columns")
    if document.tables:
        Path(out).write_bytes(to_xlsx(document, numbers=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
