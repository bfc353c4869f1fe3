"""The web page in a real browser: a picture, a PDF of twelve pages, what is refused, and text that would be markup."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pdfs import PdfWriter, text

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")
pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RECEIPT = Path(__file__).resolve().parents[2] / "examples" / "receipt.jpg"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "inkread", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "INKREAD_HOME": str(tmp_path_factory.mktemp("home"))},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if urllib.request.urlopen(f"{address}/health/ready", timeout=2).status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    page = browser.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    page.close()
    assert faults == []
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []  # nothing from elsewhere


def test_a_picture_is_read_and_shown(page):
    page.click("summary")
    page.select_option("#extract", "receipt")
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.", timeout=60_000)
    assert page.locator("#sheet polygon").count() == page.locator("#lines li").count() == 33
    expect(page.locator("#lines li").first).to_contain_text("CAFÉ PAPIERMÖWE")
    expect(page.locator("#fields")).to_contain_text("33.90 EUR")
    page.hover("#lines li:nth-child(5)")
    assert page.locator("#sheet g.on").count() == 1
    with page.expect_download() as download:
        page.click("#save")
    assert "TOTAL EUR" in Path(download.value.path()).read_text()


def test_a_line_is_edited_by_keyboard_and_kept_in_the_text(page):
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.", timeout=60_000)
    page.locator("#lines li").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("Roasters <b>of coffee</b>")
    page.keyboard.press("Enter")
    expect(page.locator("#lines li.edited .text")).to_have_text("Roasters <b>of coffee</b>")
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(page.locator("#lines li.edited .text")).to_have_text("Roasters <b>of coffee</b>")
    with page.expect_download() as download:
        page.click("#save")
    assert "Roasters <b>of coffee</b>\n" in Path(download.value.path()).read_text()


def test_a_pdf_is_shown_page_by_page(page, tmp_path):
    writer = PdfWriter()
    for number in range(1, 13):
        writer.page(text(50, 50, f"Page number {number} of the report"), (300, 100))
    (tmp_path / "report.pdf").write_bytes(writer.content())
    page.set_input_files("#file", tmp_path / "report.pdf")
    expect(page.locator("#status")).to_have_text(re.compile("on 12 pages"), timeout=120_000)
    expect(page.locator("#page")).to_have_text("Page 1 of 12")
    page.click("#after")
    expect(page.locator("#lines li").first).to_contain_text("Page number 2")
    expect(page.locator("#sheet img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
    page.select_option("#format", "markdown")
    with page.expect_download() as download:
        page.click("#save")
    assert "Page number 12" in Path(download.value.path()).read_text()


def test_a_long_document_is_sent_once_and_forgotten_when_the_next_comes(page, address, tmp_path):
    writer = PdfWriter()
    for number in range(1, 7):
        writer.page(text(50, 50, f"Page number {number} of the report"), (300, 100))
    (tmp_path / "report.pdf").write_bytes(writer.content())
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.removeprefix(address)}"))
    page.set_input_files("#file", tmp_path / "report.pdf")
    expect(page.locator("#status")).to_have_text(re.compile("on 6 pages"), timeout=120_000)
    assert [each for each in sent if each.startswith("POST")] == ["POST /v1/pages", "POST /v1/jobs"]
    [job] = json.loads(urllib.request.urlopen(f"{address}/v1/jobs?limit=1").read())["jobs"]
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.", timeout=60_000)
    assert f"DELETE /v1/jobs/{job['id']}" in sent


def test_text_that_would_be_markup_is_text(page, tmp_path):
    writer = PdfWriter()
    writer.page(text(20, 50, "<img src=x onerror=alert(1)> <script>alert(2)</script>"), (420, 100))
    (tmp_path / "hostile.pdf").write_bytes(writer.content())
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.set_input_files("#file", tmp_path / "hostile.pdf")
    expect(page.locator("#lines li").first).to_contain_text("<img", timeout=60_000)
    assert page.locator("#lines img, #lines script, #sheet text img").count() == 0


def test_what_cannot_be_read_is_told(page, tmp_path):
    (tmp_path / "letter.png").write_text("no picture at all")
    page.set_input_files("#file", tmp_path / "letter.png")
    expect(page.locator("#status.bad")).to_have_text(re.compile("letter.png"), timeout=60_000)
    expect(page.locator("#result")).to_be_hidden()


def test_the_policy_allows_no_inline_code(address):
    with urllib.request.urlopen(address) as answer:
        policy, html = answer.headers["content-security-policy"], answer.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", html)
