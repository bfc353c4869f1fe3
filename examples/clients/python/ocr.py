"""Have a picture read: ocr.py PICTURE MARKED. Nothing but the standard library."""

import base64
import json
import os
import sys
import urllib.error
import urllib.request


def main(picture: str, marked: str) -> int:
    with open(picture, "rb") as file:  # noqa: PTH123  # as little as it takes
        body = json.dumps({"image": base64.b64encode(file.read()).decode()}).encode()
    url = os.environ.get("INKREAD_URL", "http://127.0.0.1:8080")
    request = urllib.request.Request(f"{url}/ocr", body, {"Content-Type": "application/json"})
    if token := os.environ.get("INKREAD_TOKEN"):
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            result = json.load(answer)["result"]
    except urllib.error.HTTPError as error:
        print(json.load(error)["errorMsg"], file=sys.stderr)
        return 1
    for text in result["texts"]:
        print(f"{text['score']:.2f} {text['text']}")
    with open(marked, "wb") as file:  # noqa: PTH123
        file.write(base64.b64decode(result["image"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
