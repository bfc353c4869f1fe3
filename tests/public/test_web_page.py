"""The web page in a real browser: a picture, a PDF of twelve pages, what is refused, and text that would be markup."""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import started
from pdfs import PdfWriter, text

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")
pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parents[2]
RECEIPT = ROOT / "examples" / "receipt.jpg"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")


# What is waited for comes within a second or two; on a machine with ten times too much to do, within a minute.
LONGEST_MS = 120_000
expect.set_options(timeout=LONGEST_MS)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with started.service(tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def playwright():
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(LONGEST_MS)
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
    expect(page.locator("#status")).to_have_text("33 lines.")
    assert page.locator("#sheet polygon").count() == page.locator("#lines li").count() == 33
    expect(page.locator("#lines li").first).to_contain_text("CAFÉ PAPIERMÖWE")
    expect(page.locator("#fields")).to_contain_text("33.90 EUR")
    page.hover("#lines li:nth-child(5)")
    expect(page.locator("#sheet g.on")).to_have_count(1)
    with page.expect_download() as download:
        page.click("#save")
    assert "TOTAL EUR" in Path(download.value.path()).read_text()


def test_a_line_is_edited_by_keyboard_and_kept_in_the_text(page):
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.")
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
    expect(page.locator("#status")).to_have_text(re.compile("on 12 pages"))
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
    expect(page.locator("#status")).to_have_text(re.compile("on 6 pages"))
    assert [each for each in sent if each.startswith("POST")] == ["POST /v1/pages", "POST /v1/jobs"]
    [job] = json.loads(urllib.request.urlopen(f"{address}/v1/jobs?limit=1").read())["jobs"]
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.")
    assert f"DELETE /v1/jobs/{job['id']}" in sent


def test_text_that_would_be_markup_is_text(page, tmp_path):
    writer = PdfWriter()
    writer.page(text(20, 50, "<img src=x onerror=alert(1)> <script>alert(2)</script>"), (420, 100))
    (tmp_path / "hostile.pdf").write_bytes(writer.content())
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.set_input_files("#file", tmp_path / "hostile.pdf")
    expect(page.locator("#lines li").first).to_contain_text("<img")
    assert page.locator("#lines img, #lines script, #sheet text img").count() == 0


def test_everything_is_done_by_keyboard(page):
    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.locator(f"{selector}:focus").count():
                return
        pytest.fail(f"no way to {selector} by keyboard")

    # asked for before the key: a chooser that opens before the browser is told to hand it over is lost
    page.on("filechooser", lambda chooser: chooser.set_files(RECEIPT))
    tab_to("#file")
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_have_text("33 lines.")
    expect(page.locator("#result")).to_be_focused()
    tab_to("#in")
    sheet = page.locator("#sheet .page")
    wide = sheet.bounding_box()["width"]
    before = sheet.evaluate("sheet => getComputedStyle(sheet).width")
    page.keyboard.press("Space")
    expect(sheet).not_to_have_css("width", before)
    assert sheet.bounding_box()["width"] > wide
    tab_to("#boxes")
    page.keyboard.press("Space")
    expect(page.locator("#sheet.plain")).to_have_count(1)
    tab_to("#format")
    page.keyboard.type("JSON")
    tab_to("#save")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert json.loads(Path(download.value.path()).read_text())["pages"]
    tab_to("#lines li")
    expect(page.locator("#sheet g.on")).to_have_count(1)


def test_it_is_read_again_in_another_way_and_corrections_say_what_was_read(page):
    asked: list[str] = []
    word = {"text": "Rye", "quad": [[10, 10], [90, 10], [90, 30], [10, 30]], "confidence": 0.6}
    edit = {"first": 0, "before": [{**word, "text": "Rve"}], "after": [word], "source": "lexicon", "refused": None}
    line = {**word, "words": [word], "raw": "Rve", "edits": [edit, {**edit, "refused": "a number"}]}
    whole = {"pages": [{"width": 100, "height": 40, "blocks": [{"kind": "text", "lines": [line]}]}]}

    def answer(route) -> None:
        asked.append(route.request.post_data_buffer.decode("latin-1"))
        route.fulfill(json=whole)

    page.route("**/v1/read", answer)
    expect(page.locator("#again")).to_be_hidden()
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("1 line.")
    page.click("summary")
    page.fill("#language", "de, en")
    page.select_option("#mode", "handwritten")
    page.select_option("#correct", "lexicon")
    page.select_option("#extract", "invoice")
    with page.expect_request("**/v1/read"):
        page.click("#again")
    expect(page.locator("#lines .before")).to_have_text("corrected; read: Rve")
    first, second = asked
    assert "lexicon" not in first
    for name, value in (
        ("language", "de, en"),
        ("mode", "handwritten"),
        ("correct", "lexicon"),
        ("extract", "invoice"),
    ):
        assert f'name="{name}"\r\n\r\n{value}\r\n' in second


def test_an_address_is_asked_for_only_where_it_would_be_read(page):
    expect(page.locator("#address")).to_be_hidden()
    page.route("**/site/settings.json", lambda route: route.fulfill(json={"urls": True}))
    page.reload()
    expect(page.locator("#address")).to_be_visible()
    asked: list[str] = []

    def refuse(route) -> None:
        asked.append(route.request.post_data)
        route.fulfill(status=403, json={"errorMsg": "that address is not public", "kind": "AddressError"})

    page.route("**/v1/pages", refuse)
    page.fill("#url", "https://host.example/scan.pdf")
    page.keyboard.press("Enter")
    expect(page.locator("#status.bad")).to_have_text("that address is not public")
    assert json.loads(asked[0])["url"] == "https://host.example/scan.pdf"


def test_a_photo_is_taken_by_the_camera_and_its_light_goes_out(playwright, address):
    flags = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    sent: list[bytes] = []

    def refuse(route) -> None:
        sent.append(route.request.post_data_buffer)
        route.fulfill(status=422, json={"errorMsg": "seen", "kind": "InputError"})

    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    page = browser.new_page()
    page.route("**/v1/read", refuse)
    page.goto(address)
    page.get_by_text("Take a photo").first.click()
    expect(page.locator("#lens")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#lens")).to_be_hidden()
    assert sent == []
    page.get_by_text("Take a photo").first.click()
    page.click("#take")
    expect(page.locator("#status")).to_have_text("seen")
    assert page.evaluate("document.getElementById('view').srcObject") is None
    browser.close()
    (body,) = sent
    assert b'filename="photo.jpg"' in body
    assert b"\xff\xd8\xff" in body


def test_where_there_is_no_camera_the_page_says_so(page):
    page.get_by_text("Take a photo").first.click()
    expect(page.locator("#status.bad")).to_have_text(re.compile("no camera"))


def test_every_control_has_a_name(page):
    page.click("summary")
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.")
    told = page.locator("body").aria_snapshot()
    controls = re.findall(r"- (button|textbox|combobox|checkbox|progressbar|link|region|form|toolbar)\b(.*)", told)
    assert len(controls) > 15
    assert [kind for kind, rest in controls if not rest.startswith(' "')] == []


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm install --no-save axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_axe_finds_no_fault_and_nothing_is_wider_than_the_window(browser, address, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 860}, color_scheme=scheme)
    page.goto(address)
    page.click("summary")
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#status")).to_have_text("33 lines.")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_what_cannot_be_read_is_told(page, tmp_path):
    (tmp_path / "letter.png").write_text("no picture at all")
    page.set_input_files("#file", tmp_path / "letter.png")
    expect(page.locator("#status.bad")).to_have_text(re.compile("letter.png"))
    expect(page.locator("#result")).to_be_hidden()


def test_the_policy_allows_no_inline_code(address):
    with urllib.request.urlopen(address) as answer:
        policy, html = answer.headers["content-security-policy"], answer.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", html)


def test_the_description_for_programs_is_a_step_away_and_back(page):
    page.get_by_role("link", name="For programs").click()
    expect(page.locator("section code").first).to_have_text("/ocr")
    assert "`" not in page.locator("main > p").first.inner_text()
    page.get_by_role("link", name="the page for people").click()
    expect(page.locator("#drop, .drop").first).to_be_visible()


def test_where_no_field_is_found_that_is_said(page):
    found = {"kind": "receipt", "fields": {"total": None}}
    whole = {"document": {"pages": [{"width": 9, "height": 9, "blocks": []}]}, "fields": found, "pictures": []}
    page.route("**/v1/read", lambda route: route.fulfill(json=whole))
    page.click("summary")
    page.select_option("#extract", "receipt")
    page.set_input_files("#file", RECEIPT)
    expect(page.locator("#fields")).to_contain_text("None of them was found.")
