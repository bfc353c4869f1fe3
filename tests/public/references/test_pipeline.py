"""The programs of S4: the general pipeline from Python, from a file and from the command."""

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkread.dialects import paddlex
from inkread.dialects.paddlex import create_pipeline
from inkread.errors import (
    AddressError,
    ConfigError,
    DeviceError,
    ModelError,
    ModelNotFoundError,
    OptionError,
    OutputError,
)
from inkread.registry.catalog import load_catalog
from inkread.registry.store import Store

ROOT = Path(__file__).resolve().parents[3]
RECEIPT = ["Store: QuickMart", "Date: 2025-12-01", "Total: $23.45", "Thank you for shopping!"]
KEYS = ["input_path", "dt_polys", "dt_scores", "rec_text", "rec_score"]


def drawn(lines: list[str]) -> Image.Image:
    page = Image.new("RGB", (900, 80 * len(lines) + 80), "white")
    for i, line in enumerate(lines):
        pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=36)
        pen.text((60, 60 + 80 * i), line, fill="black", font=font)
    return page


@pytest.fixture(scope="module")
def pipeline():
    pipeline = create_pipeline("OCR", device="cpu")
    yield pipeline
    pipeline.close()


def texts(results) -> list[list[str]]:
    return [result["rec_text"] for result in results]


@pytest.mark.row("S4-1", "S4-41", "S4-45", "S4-53", "S4-56")
def test_the_script_prints_and_saves(receipt, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pipeline = create_pipeline(pipeline="OCR")
    output = pipeline.predict("receipt.jpg")
    for res in output:
        res.print()
        res.save_to_img("./output/")

    assert json.loads(capsys.readouterr().out)["rec_text"] == RECEIPT
    with Image.open("output/receipt.jpg") as drawn, Image.open("receipt.jpg") as given:
        assert drawn.width > given.width


@pytest.mark.row("S4-29", "S4-30", "S4-31", "S4-32", "S4-33", "S4-34")
def test_a_result_is_a_dict_with_these_keys(receipt, pipeline):
    (result,) = pipeline.predict(str(receipt))

    assert isinstance(result, dict)
    assert list(result) == KEYS
    assert result["input_path"] == str(receipt)
    assert len({len(result[key]) for key in KEYS[1:]}) == 1
    for polygon in result["dt_polys"]:
        assert len(polygon) == 4
        assert all(isinstance(value, int) for point in polygon for value in point)
        (left, top), (right, _), (_, bottom), _ = polygon  # clockwise from the top left
        assert right > left
        assert bottom > top
    assert all(0.5 < score <= 1 for score in (*result["dt_scores"], *result["rec_score"]))


@pytest.mark.row("S4-33", "S4-34")
def test_the_names_of_version_3_by_a_switch(receipt):
    (result,) = create_pipeline("OCR", device="cpu", plural=True).predict(receipt)
    assert list(result) == ["input_path", "dt_polys", "dt_scores", "rec_texts", "rec_scores"]


@pytest.mark.row("S4-46", "S4-47", "S4-49", "S4-50", "S4-51")
def test_every_kind_of_input_is_taken(receipt, pipeline, tmp_path):
    bgr = np.asarray(Image.open(receipt))[..., ::-1]
    (tmp_path / "more").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "more" / name).write_bytes(receipt.read_bytes())
    folder = str(tmp_path / "more")

    for given, count in (
        (bgr, 1),
        (str(receipt), 1),
        (folder, 2),
        ({"img": folder}, 2),
        ([bgr, bgr], 2),
        ([folder, folder], 4),
        ([{"img": folder}, {"img": str(receipt)}], 3),
    ):
        assert texts(pipeline.predict(given)) == [RECEIPT] * count


def test_arrays_are_in_the_order_of_opencv():
    blue = np.zeros((40, 60, 3), np.uint8)
    blue[..., 0] = 255
    from inkread.dialects.rows import pictures

    assert next(pictures(blue)).pixels[0, 0].tolist() == [0, 0, 255]


@pytest.mark.row("S4-48", "S4-22")
def test_addresses_are_asked_and_private_ones_refused(pipeline):
    with pytest.raises(AddressError, match=r"127\.0\.0\.1"):
        next(pipeline.predict("http://127.0.0.1:1/page.png"))


@pytest.mark.row("S4-52")
def test_results_come_one_after_the_other(receipt, pipeline, tmp_path):
    def paths():
        yield receipt
        raise AssertionError("the second was asked for too early")

    results = pipeline.predict(paths())
    assert inspect.isgenerator(results)
    assert next(results)["rec_text"] == RECEIPT
    results.close()


@pytest.mark.row("S4-54")
def test_a_result_is_printed_as_json_or_as_it_is(receipt, pipeline, capsys):
    (result,) = pipeline.predict(receipt)
    result["rec_text"] = ["票价FARE"]

    result.print()
    assert capsys.readouterr().out == json.dumps(dict(result), indent=4, ensure_ascii=False) + "\n"
    result.print(indent=2, ensure_ascii=True)
    assert '\n  "input_path"' in (out := capsys.readouterr().out)
    assert "\\u7968" in out
    result.print(format_json=False)
    assert ast.literal_eval(capsys.readouterr().out) == result


@pytest.mark.row("S4-55", "S4-56")
def test_files_are_named_by_hand_or_after_the_input(receipt, pipeline, tmp_path):
    (result,) = pipeline.predict(receipt)
    result.save_to_json(tmp_path / "by hand.json")
    result.save_to_json(f"{tmp_path}/output/", indent=2, ensure_ascii=True)
    result.save_to_img(tmp_path / "by hand.png")
    result.save_to_img(tmp_path / "output")
    result.save_to_img(tmp_path / "output")  # the result of a run before is replaced, as there

    assert json.loads((tmp_path / "by hand.json").read_text()) == result
    assert (tmp_path / "by hand.json").read_text().startswith('{\n    "input_path"')
    assert (tmp_path / "output" / "receipt.json").read_text().startswith('{\n  "input_path"')
    assert (tmp_path / "output" / "receipt.jpg").is_file()
    assert (tmp_path / "by hand.png").is_file()


def test_an_input_is_never_replaced(receipt, pipeline):
    before = receipt.read_bytes()
    (result,) = pipeline.predict(receipt)
    for path in (receipt, receipt.parent, f"{receipt.parent}/"):
        with pytest.raises(OutputError, match="no input is ever written to"):
            result.save_to_img(path)
    assert receipt.read_bytes() == before


@pytest.mark.row("S4-42")
def test_a_name_that_is_no_pipeline_is_a_value_error_with_those_there_are():
    with pytest.raises(ValueError, match=r"use OCR, or the path of a \.yaml file"):
        create_pipeline(pipeline="OCRR")
    with pytest.raises(TypeError, match="it takes pipeline, device, use_hpip, plural"):
        create_pipeline("OCR", devise="cpu")
    with pytest.raises(TypeError, match="it takes x"):
        create_pipeline("OCR", device="cpu").predict("x", batch=2)


@pytest.mark.row("S4-23", "S4-43", "S4-87")
@pytest.mark.parametrize("device", ["gpu", "gpu:1,2", "npu:0", "xpu:0", "mlu:0"])
def test_a_device_is_a_wish(device):
    with pytest.warns(UserWarning, match="reading on the processor") as warned:
        pipeline = create_pipeline("OCR", device=device)
    assert [Path(each.filename).name for each in warned] == ["test_pipeline.py"]
    assert pipeline._reader.options.runtime.device == "cpu"


def test_what_is_no_device_is_an_error():
    with pytest.raises(DeviceError, match=r'there is no kind of device "quick"'):
        create_pipeline("OCR", device="quick")


@pytest.mark.row("S4-44", "S4-60")
def test_the_fastest_runtime_reads_too(receipt):
    pipeline = create_pipeline("OCR", device="cpu", use_hpip=True)
    assert pipeline._reader.options.prefer == "speed"
    assert texts(pipeline.predict(receipt)) == [RECEIPT]


@pytest.mark.row("S4-36")
def test_nothing_is_left_out_for_being_unsure():
    assert create_pipeline("OCR", device="cpu")._reader.options.min_confidence == 0


@pytest.mark.row("S4-37")
def test_spaces_between_words_are_kept(pipeline):
    (result,) = pipeline.predict(ROOT / "examples" / "receipt.jpg")
    assert "Thank you! Come again soon." in result["rec_text"]
    assert "You were served by Zoë" in result["rec_text"]


@pytest.mark.row("S4-39")
def test_chinese_and_latin_letters_of_one_line_stay_together(pipeline):
    (result,) = pipeline.predict(ROOT / "examples" / "boarding-pass.png")
    for line in ("登机牌 BOARDING PASS", "舱位 CLASS", "航班 FLIGHT", "登机口 GATE", "王晓明 WANG XIAOMING"):
        assert line in result["rec_text"]


@pytest.mark.row("S4-2")
def test_print_handwriting_and_symbols_of_several_trades_are_read(pipeline, tmp_path):
    drawn(["Type PX-40 / 230 V ~ 50 Hz", "max. 12.5 bar @ 80 °C", "#4711 * 3 + 2 = 5 (100 %)"]).save(
        tmp_path / "plate.png"
    )
    inputs = {
        tmp_path / "plate.png": ("230 V", "80 °C", "#4711", "(100 %)"),  # manufacturing
        ROOT / "examples" / "receipt.jpg": ("TOTAL EUR", "33.90"),  # trade
        ROOT / "examples" / "boarding-pass.png": ("KN 2471", "31K"),  # traffic
        ROOT / "examples" / "note.jpg": ("Buy milk", "Review"),  # by hand
    }
    for path, expected in inputs.items():
        (result,) = pipeline.predict(path)
        text = " ".join(result["rec_text"])
        assert [each for each in expected if each not in text] == [], path.name


@pytest.mark.row("S4-38")
def test_boxes_come_in_rows_from_the_top(pipeline):
    (result,) = pipeline.predict(ROOT / "examples" / "receipt.jpg")
    rows = [
        text for text in result["rec_text"] if text in ("Subtotal", "31.10", "VAT 9%", "2.80", "TOTAL EUR", "33.90")
    ]
    assert rows == ["Subtotal", "31.10", "VAT 9%", "2.80", "TOTAL EUR", "33.90"]


@pytest.mark.row("S4-24", "S4-25", "S4-26", "S4-58", "S4-84", "S4-86")
def test_a_configuration_is_written_changed_and_read(receipt, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert paddlex.main(["--get_pipeline_config", "OCR"]) == 0
    assert paddlex.main(["--get_pipeline_config", "OCR", "--save_path", "./my_path"]) == 0
    assert Path("OCR.yaml").read_text() == Path("my_path/OCR.yaml").read_text()
    assert paddlex.main(["--get_pipeline_config", "OCR"]) == OutputError.exit_code  # somebody may have changed it
    capsys.readouterr()

    path = Path("my_path/OCR.yaml")
    path.write_text(path.read_text().replace("gpu:0", "cpu"))
    assert texts(create_pipeline(pipeline="./my_path/OCR.yaml").predict(receipt)) == [RECEIPT]


# As the document shows it.
OCR_YAML = """
Pipeline:
  text_det_model: PP-OCRv4_mobile_det  # or the path of one's own
  text_rec_model: PP-OCRv4_mobile_rec
  text_rec_batch_size: 1
  device: "gpu:0"
"""


@pytest.mark.row("S4-84", "S4-85")
def test_the_documents_file_is_understood(tmp_path):
    (tmp_path / "OCR.yaml").write_text(OCR_YAML)
    understood = paddlex._configured(str(tmp_path / "OCR.yaml")).Pipeline
    assert (understood.text_det_model, understood.text_rec_model) == ("PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec")
    assert (understood.text_rec_batch_size, understood.device) == (1, "gpu:0")


@pytest.mark.skipif(not Store().is_here(load_catalog().get("PP-OCRv4_mobile_rec")), reason="needs the older models")
def test_the_documents_models_read(receipt, tmp_path):
    (tmp_path / "OCR.yaml").write_text(OCR_YAML.replace("gpu:0", "cpu"))
    pipeline = create_pipeline(pipeline=str(tmp_path / "OCR.yaml"))
    (read,) = texts(pipeline.predict(receipt))
    assert "".join(read).replace(" ", "") == "".join(RECEIPT).replace(" ", "")  # these models lose spaces


@pytest.mark.row("S4-83", "S4-84")
def test_models_of_ones_own_are_given_by_their_path(receipt, tmp_path):
    weights = Store().find(load_catalog().default("detection"))
    (tmp_path / "own.yaml").write_text(f"Pipeline:\n  text_det_model: {weights}\n  device: cpu\n")
    assert texts(create_pipeline(str(tmp_path / "own.yaml")).predict(receipt)) == [RECEIPT]


@pytest.mark.row("S4-84")
def test_a_fault_of_the_file_is_told_with_its_line(tmp_path):
    path = tmp_path / "OCR.yaml"
    for text, line in (
        ("Pipeline:\n  text_det: x\n", 2),
        ("Pipelines:\n  a: 1\n", 1),
        ("Pipeline:\n  text_rec_batch_size: 0\n", 2),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=f"line {line}"):
            create_pipeline(str(path))
    path.write_text("Global:\n  pipeline_name: seal_recognition\n")
    with pytest.raises(OptionError, match="there is no pipeline"):
        create_pipeline(str(path))
    path.write_text("Pipeline:\n  text_det_model: no_such_model\n")
    with pytest.raises(ModelError):
        create_pipeline(str(path))


@pytest.mark.row("S4-20", "S4-21", "S4-29", "S4-57")
def test_the_command_prints_what_python_gives(receipt, pipeline):
    command = [sys.executable, "-m", "inkread.dialects.paddlex", "--pipeline", "OCR", "--input", str(receipt)]
    done = subprocess.run([*command, "--device", "gpu:0"], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout) == next(pipeline.predict(str(receipt)))
    assert done.stderr.count("reading on the processor") == 1


@pytest.mark.row("S4-28", "S4-40")
def test_pictures_are_only_saved_where_a_path_is_given(receipt, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = ["--pipeline", "OCR", "--input", "receipt.jpg", "--device", "cpu"]
    assert paddlex.main(asked) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["receipt.jpg"]

    assert paddlex.main([*asked, "--save_path", "out"]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["receipt.jpg", "receipt.json"]
    assert paddlex.main(["--pipeline", "OCR", "--input", "none.jpg", "--device", "cpu"]) == 3
    assert capsys.readouterr().err == 'inkread: there is no file "none.jpg": check the path\n'


@pytest.mark.row("S4-27")
def test_the_command_line_wins_over_the_file(receipt, tmp_path, capsys, recwarn):
    (tmp_path / "OCR.yaml").write_text(f'Global:\n  input: {receipt}\nPipeline:\n  device: "npu:0"\n')
    asked = ["--pipeline", str(tmp_path / "OCR.yaml"), "--device", "cpu"]
    assert paddlex.main(asked) == 0
    assert ast.literal_eval(capsys.readouterr().out)["rec_text"] == RECEIPT
    assert not recwarn.list
    assert paddlex.main([*asked, "--model", "no_such_model"]) == ModelNotFoundError.exit_code


@pytest.mark.row("S4-43", "S4-44")
def test_the_defaults_are_those_of_the_document():
    parameters = inspect.signature(create_pipeline).parameters
    assert list(parameters)[:3] == ["pipeline", "device", "use_hpip"]
    assert parameters["use_hpip"].default is False
    assert parameters["device"].default is None  # theirs would warn wherever there is no GPU
    defaults = inspect.signature(paddlex.Result.print).parameters
    assert [defaults[name].default for name in ("format_json", "indent", "ensure_ascii")] == [True, 4, False]


@pytest.mark.row("S4-12")
def test_models_say_what_they_are_made_for():
    tiers = {name: load_catalog().get(name).tier for name in ("PP-OCRv4_server_det", "PP-OCRv4_mobile_det")}
    assert tiers == {"PP-OCRv4_server_det": "server", "PP-OCRv4_mobile_det": "mobile"}
