"""The pipeline of S4 as a service: started by its command, asked by programs that know nothing of inkread."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from served import as_text

from inkread.dialects import paddlex
from inkread.dialects.paddlex import create_pipeline

PROGRAM = Path(__file__).parent / "programs" / "ask_ocr.py"
RECEIPT = ["Store: QuickMart", "Date: 2025-12-01", "Total: $23.45", "Thank you for shopping!"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a service that the pipeline's own command has started, and what it logged."""
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "inkread.dialects.paddlex", "--pipeline", "OCR", "--serve", "--port", "0"]
    environment = {**os.environ, "INKREAD_HOME": str(folder)}
    with (folder / "log").open("w") as stderr:
        process = subprocess.Popen([*command, "--device", "cpu"], stderr=stderr, env=environment)
    try:
        ends = time.monotonic() + 180
        while not (found := re.search(r"on port (\d+)", (folder / "log").read_text())):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends, (folder / "log").read_text()
            time.sleep(0.05)
        url = f"http://127.0.0.1:{found[1]}"
        while not is_ready(url):
            assert time.monotonic() < ends, (folder / "log").read_text()
            time.sleep(0.05)
        yield url
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.row("S4-61", "S4-73")
def test_the_python_client_gets_texts_and_the_marked_picture(served, receipt, tmp_path):
    command = [sys.executable, str(PROGRAM), f"{served}/ocr", str(receipt), str(tmp_path / "out.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode == 0, done.stderr
    saved, _, _, texts = done.stdout.strip().split("\n")
    assert saved == f"Output image saved at {tmp_path / 'out.jpg'}"
    assert [each["text"] for each in ast.literal_eval(texts)] == RECEIPT
    with Image.open(tmp_path / "out.jpg") as drawn:
        assert drawn.format == "JPEG"


@pytest.mark.row("S4-71")
def test_an_answer_has_the_shape_of_the_sample(served, receipt):
    content = json.dumps({"image": as_text(receipt.read_bytes())}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{served}/ocr", content), timeout=60) as answer:
        result = json.load(answer)["result"]

    assert list(result) == ["texts", "image"]
    for text in result["texts"]:
        assert list(text) == ["poly", "text", "score"]
        assert len(text["poly"]) == 4
        assert all(isinstance(value, int) for point in text["poly"] for value in point)
        assert isinstance(text["text"], str)
        assert 0 <= text["score"] <= 1
    (left, top), (right, _), (_, bottom), _ = result["texts"][0]["poly"]  # clockwise from the top left
    assert left < right
    assert top < bottom
    (read,) = create_pipeline("OCR", device="cpu").predict(receipt)
    assert [text["text"] for text in result["texts"]] == read["rec_text"]


@pytest.mark.row("S4-79")
def test_a_client_that_calls_its_json_a_form_is_understood(served, receipt):
    """What curl sends for PHP: JSON, and no word of it."""
    content = json.dumps({"image": as_text(receipt.read_bytes())}).encode()
    request = urllib.request.Request(f"{served}/ocr", content)  # application/x-www-form-urlencoded
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert [text["text"] for text in json.load(answer)["result"]["texts"]] == RECEIPT


@pytest.mark.row("S4-16")
def test_a_page_to_try_it_on_comes_with_the_service(served):
    with urllib.request.urlopen(f"{served}/", timeout=10) as answer:
        page = answer.read().decode()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert 'type="file"' in page
    for name in re.findall(r'(?:src|href)="(/[^"#]+)"', page):
        with urllib.request.urlopen(f"{served}{name}", timeout=10) as part:
            assert part.status == 200


@pytest.mark.row("S4-72")
def test_the_port_is_the_documents_unless_told(monkeypatch):
    asked = []
    monkeypatch.setattr("inkread.service.server.serve", lambda options, **values: asked.append((options, values)))
    assert paddlex.main(["--pipeline", "OCR", "--serve", "--use_hpip", "--device", "cpu"]) == 0
    ((options, values),) = asked
    assert values == {"host": "127.0.0.1", "port": 8080}
    assert (options.reader.prefer, options.reader.runtime.device) == ("speed", "cpu")


def test_a_service_needs_a_pipeline(capsys):
    with pytest.raises(SystemExit):
        paddlex.main(["--serve"])
    assert "--pipeline" in capsys.readouterr().err
    assert paddlex.main(["--pipeline", "OCRR", "--serve"]) == 8
