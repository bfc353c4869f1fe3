"""Each dialect answers in the shapes of the system that it speaks for.

Where that system's package runs here it is asked too, in an environment of its own; the others are held to what their
documents say.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
RECEIPT = ROOT / "examples" / "receipt.jpg"
BENCH = Path(os.environ.get("INKREAD_BENCH") or Path.home() / ".cache/inkread/bench")

# Runs here and there: what a value is made of, without what it says.
SHAPE = """
import numpy as np
def shape(value):
    if isinstance(value, np.ndarray):
        return ["ndarray", str(value.dtype), [str(side) if i else "N" for i, side in enumerate(value.shape)]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, shape(value[0]) if len(value) else None]
    if isinstance(value, dict):
        return ["dict", {key: shape(each) for key, each in value.items()}]
    return "number" if isinstance(value, (int, float, np.number)) else type(value).__name__
"""

RAPIDOCR = """
engine = RapidOCR(params={"Global.log_level": "error"})
out = engine(PATH)
words = engine(PATH, return_word_box=True)
found = engine(PATH, use_det=True, use_cls=False, use_rec=False)
line = engine(LINE, use_det=False, use_cls=False, use_rec=True)
shapes = {
    "boxes": shape(out.boxes), "txts": shape(out.txts), "scores": shape(out.scores), "img": shape(out.img)[:2],
    "elapse": shape(out.elapse), "elapse_list": shape(out.elapse_list), "len": len(out) == len(out.txts),
    "to_json": shape(out.to_json()), "to_markdown": shape(out.to_markdown()),
    "words": [shape(words.word_results)[0], shape(words.word_results[0])[0]],
    "word": [shape(each) for each in words.word_results[0][0]],
    "detected": shape(found.boxes), "count": len(found) > 10,
    "line": [shape(line.txts), len(line)],
}
"""

PYTESSERACT = """
from PIL import Image
image = Image.open(PATH)
data = pytesseract.image_to_data(image, output_type=pytesseract.Output.DICT)
boxes = pytesseract.image_to_boxes(image, output_type=pytesseract.Output.DICT)
text = pytesseract.image_to_string(image, lang="eng", config="--psm 6 --oem 3")
osd = pytesseract.image_to_osd(image, output_type=pytesseract.Output.DICT)
shapes = {
    "string": [shape(text), text.endswith("\\n"), "\\f" in text],
    "bytes": shape(pytesseract.image_to_string(image, output_type=pytesseract.Output.BYTES)),
    "text": shape(pytesseract.image_to_string(image, output_type=pytesseract.Output.DICT)),
    "data": shape(data), "rows": len({len(column) for column in data.values()}), "levels": sorted(set(data["level"])),
    "conf": [min(data["conf"]), max(data["conf"]) <= 100],
    "header": pytesseract.image_to_data(image).splitlines()[0],
    "boxes": shape(boxes), "cells": len(pytesseract.image_to_boxes(image).splitlines()[0].split()),
    "first box stands high": boxes["bottom"][0] > image.height / 2,
    "rotate": osd["rotate"], "orientation": osd["orientation"],
    "pdf": pytesseract.image_to_pdf_or_hocr(image, extension="pdf")[:5].decode(),
    "hocr": [shape(pytesseract.image_to_pdf_or_hocr(image, extension="hocr")),
             b"ocrx_word" in pytesseract.image_to_pdf_or_hocr(image, extension="hocr")],
    "alto": b"<alto" in pytesseract.image_to_alto_xml(image),
    "languages": [shape(pytesseract.get_languages()), "eng" in pytesseract.get_languages()],
    "line": pytesseract.image_to_string(Image.open(LINE), config="--psm 7").strip(),
}
"""


@pytest.fixture(scope="module")
def line(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("line") / "line.png"
    with Image.open(RECEIPT) as receipt:
        receipt.crop((250, 228, 725, 280)).save(path)
    return path


@cache
def here(imports: str, program: str, line: Path) -> dict:
    names: dict = {"PATH": str(RECEIPT), "LINE": str(line)}
    exec(compile(f"{SHAPE}\n{imports}\n{program}", "program", "exec"), names)
    return json.loads(json.dumps(names["shapes"]))


def there(python: Path, imports: str, program: str, line: Path) -> dict:
    paths = f"PATH, LINE = {str(RECEIPT)!r}, {str(line)!r}"
    script = "\n".join(("import json", paths, SHAPE, imports, program, "print(json.dumps(shapes))"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", script], capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def interpreter(package: str) -> Path:
    """Return an interpreter that has the package: this one, or that of the benchmarks' environment for it."""
    for python in (Path(sys.executable), BENCH / package / "bin" / "python"):
        if python.exists():
            asked = subprocess.run(
                [str(python), "-c", f"import {package}"], capture_output=True, check=False, timeout=60
            )
            if asked.returncode == 0:
                return python
    pytest.skip(f"needs {package}, here or in {BENCH / package}")


def test_rapidocr_answers_in_the_same_shapes(line):
    theirs = there(interpreter("rapidocr"), "from rapidocr import RapidOCR", RAPIDOCR, line)
    ours = here("from inkread.dialects.rapidocr import RapidOCR", RAPIDOCR, line)
    assert ours == theirs


def test_pytesseract_answers_in_the_same_shapes(line):
    theirs = there(interpreter("pytesseract"), "import pytesseract", PYTESSERACT, line)
    ours = here("from inkread.dialects import pytesseract", PYTESSERACT, line)
    assert ours == theirs


def test_rapidocr_answers_in_the_shapes_of_its_documents(line):
    shapes = here("from inkread.dialects.rapidocr import RapidOCR", RAPIDOCR, line)
    assert shapes["boxes"] == ["ndarray", "float32", ["N", "4", "2"]]
    assert (shapes["txts"], shapes["scores"]) == (["tuple", "str"], ["tuple", "number"])
    assert shapes["line"] == [["tuple", "str"], 1]


def test_rapidocr_gives_nothing_where_nothing_is(tmp_path):
    from inkread.dialects.rapidocr import RapidOCR

    out = RapidOCR()(np.full((300, 300, 3), 255, np.uint8))
    assert (out.boxes, out.txts, out.scores, len(out), out.to_json(), out.vis()) == (None, None, None, 0, None, None)


def test_pytesseract_answers_in_the_shapes_of_its_documents(line):
    shapes = here("from inkread.dialects import pytesseract", PYTESSERACT, line)
    assert shapes["header"].split("\t") == list(shapes["data"][1])
    assert shapes["conf"] == [-1, True]
    assert shapes["levels"] == [1, 2, 3, 4, 5]
    assert shapes["line"] == "Bakery & Coffee Roasters"


def test_easyocr_answers_in_the_shapes_of_its_documents():
    from inkread.dialects import easyocr

    reader = easyocr.Reader(["en", "de"], gpu=False, verbose=False)
    found = reader.readtext(str(RECEIPT), batch_size=4, workers=0)
    box, text, confidence = found[0]
    assert isinstance(found[0], tuple)
    assert [len(point) for point in box] == [2, 2, 2, 2]
    assert text == "CAFÉ PAPIERMÖWE"
    assert 0 < confidence <= 1
    assert reader.readtext(str(RECEIPT), detail=0) == [each[1] for each in found]
    record = reader.readtext(str(RECEIPT), output_format="dict")[0]
    assert list(record) == ["boxes", "text", "confident"]
    assert json.loads(reader.readtext(str(RECEIPT), output_format="json")[0])["text"] == text
    paragraphs = reader.readtext(str(RECEIPT), paragraph=True)
    assert [len(each) for each in paragraphs] == [2] * len(paragraphs)
    assert len(paragraphs) < len(found)
    ((upright,), (free,)) = reader.detect(str(RECEIPT))
    assert len(upright) + len(free) >= len(found) - 2
    left, right, top, bottom = upright[0]
    assert left < right
    assert top < bottom


def test_easyocr_refuses_what_it_does_not_do():
    from inkread.dialects import easyocr
    from inkread.errors import LanguageError

    reader = easyocr.Reader(["en"], gpu=False)
    with pytest.raises(TypeError, match="it takes image, decoder"):
        reader.readtext(str(RECEIPT), allowlist="0123")
    with pytest.raises(ValueError, match="decoder = 'beamsearch' means nothing here: use 'greedy'"):
        reader.readtext(str(RECEIPT), decoder="beamsearch")
    with pytest.raises(LanguageError, match="use ch_sim, ch_tra"):
        easyocr.Reader(["xx"])


def test_paddleocr_answers_in_the_shapes_of_its_documents(tmp_path):
    from inkread.dialects.paddleocr import PaddleOCR

    ocr = PaddleOCR(
        lang="en", use_doc_orientation_classify=False, use_doc_unwarping=False, use_textline_orientation=False
    )
    (result,) = ocr.predict(str(RECEIPT))
    count = len(result["rec_texts"])
    assert result["rec_boxes"].shape == (count, 4)
    assert result["rec_boxes"].dtype == np.int16
    assert [polygon.shape for polygon in result["rec_polys"]] == [(4, 2)] * count
    assert (result["input_path"], result["page_index"]) == (str(RECEIPT), 0)
    assert all(isinstance(score, float) for score in result["rec_scores"])
    assert result.json["res"]["rec_texts"][0] == "CAFÉ PAPIERMÖWE"
    result.save_to_json(tmp_path)
    result.save_to_img(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["receipt_ocr_res_img.jpg", "receipt_res.json"]
    assert json.loads((tmp_path / "receipt_res.json").read_text())["rec_boxes"] == result["rec_boxes"].tolist()
    assert next(ocr.predict_iter(np.asarray(Image.open(RECEIPT))[..., ::-1]))["rec_texts"] == result["rec_texts"]


def test_paddleocr_refuses_what_it_does_not_do():
    from inkread.dialects.paddleocr import PaddleOCR

    with pytest.raises(TypeError, match="it takes lang, device"):
        PaddleOCR(use_angle_cls=True)
    with pytest.raises(ValueError, match="use None, 'min', 'max'"):
        PaddleOCR(text_det_limit_type="sum")
    with pytest.raises(TypeError, match="it takes input"):
        PaddleOCR().predict(str(RECEIPT), cls=True)


def test_rapidocr_refuses_what_it_does_not_do():
    from inkread.dialects.rapidocr import RapidOCR

    with pytest.raises(ValueError, match=r"it may have Global\.text_score"):
        RapidOCR(params={"Global.text_scor": 0.3})
    with pytest.raises(ValueError, match="config_path is not read here"):
        RapidOCR("config.yaml")
    with pytest.raises(ValueError, match="use 'ch', 'ch_doc', 'en'"):
        RapidOCR(params={"Rec.lang_type": "klingon"})


def test_pytesseract_refuses_what_it_does_not_do():
    from inkread.dialects import pytesseract

    with pytest.raises(ValueError, match="it may have --psm, --oem, --dpi"):
        pytesseract.image_to_string(str(RECEIPT), config="-c tessedit_char_whitelist=0123")
    with pytest.raises(ValueError, match="--psm = '5' means nothing here"):
        pytesseract.image_to_string(str(RECEIPT), config="--psm 5")
    with pytest.raises(pytesseract.TesseractError, match="no model reads the language"):
        pytesseract.image_to_string(str(RECEIPT), lang="xxx")
