"""Modules beside the tests, for what several of them need."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))
