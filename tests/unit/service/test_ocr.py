"""POST /ocr: both of its requests, its replies, and its failures."""

import base64
import io

import pytest
from PIL import Image as Pillow
from served import Served, as_text, png

from inkread.service.settings import ServiceOptions


@pytest.mark.row("S4-61", "S4-62", "S4-67", "S4-68", "S4-69", "S4-70")
def test_a_picture_is_answered_with_its_texts_and_the_marked_picture(served):
    served.texts = ("one", "two")
    answer = served.post("/ocr", json={"image": as_text(png())})
    reply = answer.json()
    assert answer.status_code == 200
    assert (reply["errorCode"], reply["errorMsg"]) == (0, "Success")
    assert reply["result"]["texts"] == [
        {"poly": [[10, 10], [90, 10], [90, 30], [10, 30]], "text": "one", "score": 0.9},
        {"poly": [[10, 40], [90, 40], [90, 60], [10, 60]], "text": "two", "score": 0.9},
    ]
    drawn = Pillow.open(io.BytesIO(base64.b64decode(reply["result"]["image"], validate=True)))
    assert drawn.format == "JPEG"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=utf-8"]
)
def test_json_is_json_whatever_the_content_type_says(served, kind):
    body = '{"image": "' + as_text(png()) + '"}'
    answer = served.post("/ocr", content=body, headers={"content-type": kind} if kind else {})
    assert answer.json()["result"]["texts"][0]["text"] == "hello"


def test_the_detector_sees_nothing_larger_than_the_request_says(served):
    served.post("/ocr", json={"image": as_text(png()), "inferenceParams": {"maxLongSide": 512}})
    (variant,) = served.readers[0].variants
    assert variant.options.detect.most_side_px == 512


@pytest.mark.row("S4-65")
def test_fields_that_nobody_knows_are_not_looked_at(served):
    answer = served.post("/ocr", json={"image": as_text(png()), "inferenceParams": {}, "logId": "x", "other": [1]})
    assert answer.status_code == 200


def test_a_file_is_answered_page_by_page(served):
    reply = served.post("/ocr", json={"file": as_text(png()), "fileType": 1, "visualize": False}).json()
    (page,) = reply["result"]["ocrResults"]
    assert page["prunedResult"]["rec_texts"] == ["hello"]
    assert page["prunedResult"]["rec_boxes"] == [[10, 10, 90, 30]]
    assert page["prunedResult"]["dt_polys"] == [[[10, 10], [90, 10], [90, 30], [10, 30]]]
    assert page["ocrImage"] is None
    assert reply["result"]["dataInfo"] == {"type": "image", "width": 100, "height": 60}
    assert len(reply["logId"]) == 32


def test_a_file_is_answered_with_pictures_unless_it_is_told_not_to(served):
    (page,) = served.post("/ocr", json={"file": as_text(png())}).json()["result"]["ocrResults"]
    for name in ("ocrImage", "inputImage"):
        assert Pillow.open(io.BytesIO(base64.b64decode(page[name]))).format == "JPEG"


def test_the_options_of_the_newer_request_reach_the_reader(served):
    wish = {
        "useDocOrientationClassify": False, "useTextlineOrientation": True, "textDetLimitSideLen": 960,
        "textDetLimitType": "max", "textDetThresh": 0.2, "textDetBoxThresh": 0.5, "textDetUnclipRatio": 2.0,
        "textRecScoreThresh": 0.3,
    }  # fmt: skip
    served.post("/ocr", json={"file": as_text(png()), "visualize": False, **wish})
    options = served.readers[0].variants[0].options
    assert (options.enhance.turn, options.recognize.orientation, options.min_confidence) == ("never", "always", 0.3)
    detect = options.detect
    assert (detect.most_side_px, detect.threshold, detect.box_threshold, detect.unclip_ratio) == (960, 0.2, 0.5, 2.0)


@pytest.mark.row("S4-63")
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "RequestError"),
        (b"[]", 400, "RequestError"),
        (b'{"image": NaN}', 400, "RequestError"),
        (b'{"image": "a", "image": "b"}', 400, "RequestError"),
        (b"\xff\xfe{\x00}\x00", 400, "RequestError"),
        (b'\xef\xbb\xbf{"image": "aGVsbG8="}', 400, "RequestError"),
        (b'{"image": "\\ud800"}', 400, "RequestError"),
        (b'{"image": ' + b"[" * 100_000, 400, "RequestError"),
        (b'{"image": 1' + b"0" * 5000 + b"}", 400, "RequestError"),
        (b'{"image": "aGVsbG8=\n"}', 400, "RequestError"),
        (b'{"image": "not base64!"}', 400, "RequestError"),
        (b'{"image": "/etc/passwd"}', 400, "RequestError"),
        (b'{"image": "file:///etc/passwd"}', 403, "AddressError"),
        (b"{}", 422, "RequestError"),
        (b'{"image": ""}', 422, "RequestError"),
        (b'{"image": 7}', 422, "RequestError"),
        (b'{"image": "aGVsbG8=", "inferenceParams": {"maxLongSide": -1}}', 422, "RequestError"),
        (b'{"image": "aGVsbG8="}', 415, "UnsupportedFormatError"),
        (b'{"image": "http://169.254.169.254/latest"}', 403, "AddressError"),
    ],
)
def test_what_is_wrong_is_told_with_its_status_in_the_envelope(served, body, status, kind):
    answer = served.post("/ocr", content=body)
    reply = answer.json()
    assert (answer.status_code, reply["errorCode"], reply["kind"]) == (status, status, kind)
    assert reply["errorMsg"]
    assert "Traceback" not in answer.text


@pytest.mark.row("S4-64")
def test_an_address_in_a_private_network_is_not_asked_even_where_addresses_are_allowed():
    served = Served(ServiceOptions().with_web(allow=True))
    answer = served.post("/ocr", json={"image": "http://127.0.0.1:80/a.png"})
    assert (answer.status_code, answer.json()["kind"]) == (403, "AddressError")


def test_a_picture_over_the_limit_is_refused_by_its_header():
    limits = ServiceOptions().limits.with_(max_megapixels=0.001)
    answer = Served(ServiceOptions(limits=limits)).post("/ocr", json={"image": as_text(png())})
    assert (answer.status_code, answer.json()["kind"]) == (413, "LimitError")


def test_an_error_of_our_own_tells_nothing_but_its_number(served):
    def break_down() -> None:
        raise ValueError("canary")

    served.before = break_down
    answer = served.post("/ocr", json={"image": as_text(png())})
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert answer.json()["logId"] == answer.headers["x-request-id"]
