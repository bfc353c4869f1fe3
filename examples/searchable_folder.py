"""Scans to PDFs that can be searched, page by page: python searchable_folder.py SCANS OUT

A PDF stays as it is and gets text; what was made before is left alone, so that a run can be repeated.
"""

import sys
from pathlib import Path

import inkread
from inkread.export.pdf.searchable import searchable_pdf


def main(scans: str, out: str) -> None:
    with inkread.Reader() as reader:
        for scan in sorted(Path(scans).iterdir()):
            made = Path(out) / f"{scan.stem}.pdf"
            if made.exists():
                continue
            try:
                with inkread.open(scan) as pages, searchable_pdf(made, scan) as pdf:
                    for image in pages:  # one page in memory at a time
                        pdf.add(reader.read_page(image), image)
            except inkread.InkreadError as error:
                print(f"{scan.name}: {error}", file=sys.stderr)
            else:
                print(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
