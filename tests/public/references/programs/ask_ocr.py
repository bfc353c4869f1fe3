"""A picture read by a service, with nothing of inkread's: python ask_ocr.py ADDRESS PICTURE OUT."""

import base64
import json
import sys
import urllib.request
from pathlib import Path

API_URL, PICTURE, OUT = sys.argv[1:]

payload = {"image": base64.b64encode(Path(PICTURE).read_bytes()).decode("ascii")}
request = urllib.request.Request(API_URL, json.dumps(payload).encode(), {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=60) as response:
    assert response.status == 200
    result = json.load(response)["result"]

Path(OUT).write_bytes(base64.b64decode(result["image"]))
print(f"Output image saved at {OUT}")
print("\nDetected texts:")
print(result["texts"])
