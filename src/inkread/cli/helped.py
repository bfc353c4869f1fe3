"""Examples under each command's help."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "": (
        "inkread photo.jpg                          # its text",
        "inkread scan.pdf -o out.pdf                # a PDF that can be searched",
        "inkread extract receipts/ --as receipt -o receipts.csv",
        "inkread doctor bad.jpg                     # why is it read badly?",
    ),
    "read": (
        "inkread page.png -l de                     # short for: inkread read page.png -l de",
        "inkread read scans/ -r -o texts --jobs 0 --resume",
        "inkread read table.jpg -o table.xlsx --numbers",
        "inkread read page.png -o out -f text,json,picture",
    ),
    "batch": ("inkread batch scans/ -o results --plan", "inkread batch scans/ -o results --resume"),
    "correct": ("inkread correct scan.png --by lexicon -l en",),
    "extract": (
        "inkread extract receipt.jpg --as receipt",
        "inkread extract invoices/ --as invoice -o invoices.json --review review.html",
    ),
    "redact": (r"inkread redact letter.pdf --preset iban,email -p 'Max \w+' -o public.pdf",),
    "config": ("inkread config > options.yaml",),
    "doctor": ("inkread doctor", "inkread doctor scan.pdf -l de", "inkread doctor photo.jpg --report report.json"),
    "eval": ("inkread eval data/receipts",),
    "languages": ("inkread languages German", "inkread languages --installed --json"),
    "train": (
        "inkread train recognizer --data lines/ --out runs/mine",
        "inkread train detector --data pages/ --out runs/lines",
        "inkread train publish runs/mine my-model/ --name my_hand --license CC-BY-4.0",
    ),
    "tune": ("inkread tune", "inkread tune scans/*.png -o tuned.yaml", "inkread scan.png --config tuned.yaml"),
    "serve": ("inkread serve", "inkread serve --host 0.0.0.0 --config service.yaml"),
    "show": ("inkread show receipt.jpg", "inkread show book.pdf --page 12"),
}


def epilog(command: str, before: str = "") -> str:
    """Return what stands under a command's help: its examples, line by line as they are written."""
    lines = [f"  {example}" for example in EXAMPLES.get(command, ())]
    shown = "\n".join(["\b", "Examples:", *lines])  # \b: click leaves the lines of this paragraph alone
    return f"{shown}\n\n{before}" if before else shown
