"""POST /v1/read: JSON and forms in, a document in any format out."""

import base64
import json

import pytest
from served import Served, as_text, png, tiff

from inkread.export.formats import FORMATS
from inkread.export.json import from_json
from inkread.service.answers import MEDIA_TYPES
from inkread.service.settings import ServiceOptions


def test_a_picture_in_json_is_answered_with_the_document(served):
    answer = served.post("/v1/read", json={"file": as_text(png()), "name": "C:\\scans\\../a b.png"})
    document = from_json(answer.text)
    assert (answer.status_code, document.text, document.source) == (200, "hello", "a b.png")


def test_a_picture_in_a_form_is_answered_with_the_document(served):
    answer = served.post(
        "/v1/read", files={"file": ("scan.png", png(), "image/png")}, data={"format": "text", "language": "en, fr"}
    )
    assert (answer.status_code, answer.text) == (200, "hello\n")
    assert served.readers[0].variants[0].options.language == ("en", "fr")


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"csv", "xlsx"}))
def test_every_format_can_be_had_and_is_nothing_that_a_browser_opens(served, name):
    answer = served.post("/v1/read", json={"file": as_text(png()), "format": name})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[name]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_a_format_of_tables_cannot_hold_a_page_without_any(served, name):
    answer = served.post("/v1/read", json={"file": as_text(png()), "format": name})
    assert (answer.status_code, answer.json()["kind"]) == (400, "FormatError")


def test_options_of_a_request_reach_the_reader(served):
    wish = {"mode": "auto", "correct": "lexicon", "min_confidence": 0.5, "text_layer": "never"}
    assert served.post("/v1/read", json={"file": as_text(png()), **wish}).status_code == 200
    options = served.readers[0].variants[0].options
    assert (options.mode, options.correct.corrector, options.min_confidence) == ("auto", "lexicon", 0.5)
    assert options.load.text_layer == "never"


def test_everything_is_decoded_in_a_child_and_nothing_is_downloaded(served):
    served.post("/v1/read", json={"file": as_text(png())})
    options = served.readers[0].options
    assert (options.load.isolate, options.load.web.allow, options.allow_auto_download) == ("always", False, False)


def test_fields_are_answered_with_the_document(served):
    served.texts = ("TOTAL 12.00",)
    reply = served.post("/v1/read", json={"file": as_text(png()), "extract": "receipt"}).json()
    assert reply["fields"]["kind"] == "receipt"
    assert reply["document"]["pages"]


def test_fields_of_a_schema_are_looked_for(served):
    schema = {"title": "note", "type": "object", "properties": {"total": {"type": "number"}}}
    reply = served.post("/v1/read", json={"file": as_text(png()), "extract": schema}).json()
    assert "total" in reply["fields"]["fields"]


def test_pages_that_were_asked_for_are_read(served):
    answer = served.post("/v1/read", json={"file": as_text(tiff(5)), "pages": "2,4"})
    assert [page["number"] for page in answer.json()["pages"]] == [2, 4]


def test_more_pages_than_a_request_may_ask_for_are_refused():
    served = Served(ServiceOptions(limits=ServiceOptions().limits.with_(max_pages=2)))
    answer = served.post("/v1/read", json={"file": as_text(tiff(3))})
    assert (answer.status_code, answer.json()["kind"]) == (413, "LimitError")  # this one takes no jobs
    assert answer.json()["errorMsg"].endswith("a request may ask for 2: ask for some of them: pages=1-2")
    assert served.readers[0].read == []


@pytest.mark.parametrize(
    ("wish", "status", "kind"),
    [
        ({}, 400, "RequestError"),
        ({"file": "", "url": None}, 422, "RequestError"),
        ({"file": "aGk=", "url": "https://example.org/a.png"}, 422, "RequestError"),
        ({"url": "https://example.org/a.png"}, 403, "AddressError"),
        ({"url": "/etc/passwd"}, 403, "AddressError"),
        ({"file": "aGk=", "format": "exe"}, 400, "FormatError"),
        ({"file": "aGk=", "format": "../x.json"}, 415, "UnsupportedFormatError"),
        ({"file": "aGk=", "format": "text", "extract": "receipt"}, 400, "FormatError"),
        ({"file": "aGk=", "extract": "will"}, 422, "RequestError"),
        (
            {"file": "aGk=", "extract": {"properties": {"a": {"type": "string", "pattern": "(a+)+$"}}}},
            400,
            "OptionError",
        ),
        ({"file": "aGk=", "language": ["../../x.traineddata"]}, 400, "LanguageError"),
        ({"file": "aGk=", "language": ["/etc/passwd"]}, 400, "LanguageError"),
        ({"file": "aGk=", "recognizer": "/tmp/evil.onnx"}, 422, "RequestError"),
        ({"file": "aGk=", "mode": "fast"}, 422, "RequestError"),
        ({"file": "aGk=", "pages": "x"}, 400, "OptionError"),
        ({"file": "aGk=", "timeout_s": -1}, 422, "RequestError"),
        ({"file": "aGk="}, 415, "UnsupportedFormatError"),
    ],
)
def test_what_is_wrong_is_told_with_its_status(served, wish, status, kind):
    answer = served.post("/v1/read", json=wish)
    assert (answer.status_code, answer.json()["kind"]) == (status, kind), answer.text


def test_a_password_is_in_no_message(served):
    answer = served.post("/v1/read", json={"file": "aGk=", "password": ["canary"]})
    assert answer.status_code == 422
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
        b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="mode"\r\n\r\n\xff\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 2 + b"--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n' * 40 + b"--x--\r\n",
        b"--x\r\nContent-Disposition: " + b"a" * 9000 + b"\r\n\r\n1\r\n--x--\r\n",
    ],
)
def test_a_broken_form_is_a_fault_of_the_request(served, body):
    answer = served.post("/v1/read", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (400, 422), answer.text
    assert json.loads(answer.text)["errorCode"] == answer.status_code


def test_a_large_form_is_held_in_memory_and_not_on_a_disk(served, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", refuse)
    content = png() + bytes(3 << 20)
    answer = served.post("/v1/read", files={"file": ("a.png", content)}, data={"format": "text"})
    assert answer.status_code == 200


def test_pages_are_counted_without_being_read(served):
    answer = served.post("/v1/pages", files={"file": ("scan.tif", tiff(3), "image/tiff")})
    assert (answer.status_code, answer.json()) == (200, {"pages": 3})
    assert served.post("/v1/pages", json={"file": as_text(b"no picture")}).status_code == 415


def test_pictures_of_pages_come_with_the_document(served):
    reply = served.post("/v1/read", json={"file": as_text(tiff(2)), "pictures": True}).json()
    assert len(reply["pictures"]) == len(reply["document"]["pages"]) == 2
    assert reply["fields"] is None
    assert base64.b64decode(reply["pictures"][0]).startswith(b"\xff\xd8")
    refused = served.post("/v1/read", json={"file": as_text(png()), "pictures": True, "format": "text"})
    assert (refused.status_code, refused.json()["kind"]) == (400, "FormatError")


def test_the_page_is_served_with_a_policy_of_its_own(served):
    for path, kind in [("/", "text/html"), ("/site/app.js", "text/javascript"), ("/site/style.css", "text/css")]:
        answer = served.ask("GET", path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert served.ask("GET", "/site/../app.py").status_code == 404
