import json

import numpy as np
import pytest
from PIL import Image as Pillow
from small_networks import detector

from inkread.cli.app import run as inkread
from inkread.export.fonts import installed_fonts
from inkread.train.detection import DetectionTask
from inkread.train.loop import learn
from inkread.train.network import load_trainable
from inkread.train.pages import Page, maps_of, piece_of, rendered_page
from inkread.train.settings import TrainSettings
from inkread.train.synthetic import LineRenderer, Rendering

SETTINGS = TrainSettings(
    rounds=12, batch_pages=4, page_px=128, learning_rate=5e-3, augment=0, threads=1, precision="f32", average=0.5
)


def box(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


class Strokes:
    """Pages with dark bars for lines, which are the only ones to be found; grey ones are not."""

    def __init__(self, count, seed):
        self._count, self._seed = count, seed

    def __len__(self):
        return self._count

    def page(self, index, turn):
        rng = np.random.default_rng((self._seed, index))
        picture = np.full((256, 256, 3), 230, np.uint8)
        lines = []
        for row in range(4):
            top, left = 12 + 60 * row + int(rng.integers(8)), int(rng.integers(10, 60))
            right = left + int(rng.integers(80, 150))
            if rng.random() < 0.6:
                picture[top : top + 24, left:right] = 30
                lines.append(box(left, top, right, top + 24))
            else:
                picture[top : top + 24, left:right] = 170
        return Page(picture, tuple(lines))


def test_a_detector_learns_what_lines_are(tmp_path):
    trainable = load_trainable(str(detector(tmp_path / "d.onnx")), "detection")
    settings = SETTINGS.with_(rounds=20, validate_every=40)
    task = DetectionTask(trainable, [Strokes(32, 1)], {"others": Strokes(8, 2)}, settings)
    (tmp_path / "run").mkdir()
    outcome = learn(task, settings, tmp_path / "run")
    assert outcome.before["others"] > 60
    assert outcome.after["others"] < 20


def test_a_map_is_1_in_the_middle_of_lines_and_does_not_count_where_nobody_can_read():
    page = Page(
        np.zeros((100, 200, 3), np.uint8), (box(20, 20, 180, 40), box(-50, 60, 30, 80)), (box(100, 60, 150, 90),)
    )
    wanted, counts = maps_of(page)
    assert wanted[30, 100] == 1
    assert wanted[21, 100] == wanted[39, 100] == wanted[30, 22] == 0
    assert wanted[70, 5] == 1
    assert counts[75, 125] == 0
    assert counts.mean() > 0.85
    rows = np.flatnonzero(wanted[:, 100])
    # A line of 160 x 20 px loses 160 * 20 * 0.84 / 360 = 7.5 px on each side.
    assert (rows[0], rows[-1]) == (27, 32)


def test_a_piece_of_a_page_has_its_lines_where_they_are():
    settings = SETTINGS.with_(page_px=200)
    page = Strokes(1, 5).page(0, 0)
    for seed in range(10):
        piece = piece_of(page, np.random.default_rng(seed), settings)
        assert piece.picture.shape == (200, 200, 3)
        for line in piece.lines:
            x, y = np.mean(line, axis=0)
            if 0 <= x < 200 and 0 <= y < 200:
                assert piece.picture[int(y), int(x)].mean() < 60


@pytest.mark.skipif(not installed_fonts(), reason="needs a font")
def test_a_rendered_page_is_the_same_for_its_number_and_has_ink_in_its_boxes():
    font = str(installed_fonts()[0].path)
    renderer = LineRenderer(Rendering(fonts=(font,), grammars=("numbers", "dates"), lines=3))
    page, again = rendered_page(renderer, 3), rendered_page(renderer, 3)
    assert np.array_equal(page.picture, again.picture)
    assert len(page.lines) > 5
    paper = np.median(page.picture)
    for line in page.lines:
        (left, top), _, (right, bottom), _ = line
        assert page.picture[int(top) : int(bottom), int(left) : int(right)].min() < paper - 30


def test_the_command_teaches_a_detector_and_publishes_it(tmp_path, capsys):
    folder = tmp_path / "pages"
    folder.mkdir()
    rows = []
    for k in range(6):
        page = Strokes(6, 3).page(k, 0)
        Pillow.fromarray(page.picture).save(folder / f"{k}.png")
        places = [{"transcription": "x", "points": line} for line in page.lines]
        rows.append(f"{k}.png\t{json.dumps(places)}\n")
    (folder / "Label.txt").write_text("".join(rows))
    (tmp_path / "s.yaml").write_text("batch_pages: 2\npage_px: 128\nprecision: f32\nheld_back: 0.4\n")
    start = ["train", "detector", "--from", str(detector(tmp_path / "d.onnx")), "--data", str(folder), "--threads", "1"]
    out = str(tmp_path / "run")
    assert inkread([*start, "--config", str(tmp_path / "s.yaml"), "--rounds", "1", "--out", out]) == 0
    assert "pages: 100 - detection F1" in capsys.readouterr().out
    model = str(tmp_path / "model")
    assert inkread(["train", "publish", out, model, "--name", "bars", "--license", "MIT", "--precision", "f32"]) == 0
    assert (tmp_path / "model" / "bars.onnx").is_file()
