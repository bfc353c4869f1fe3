import numpy as np
import pytest
from drawn_pages import drawn_pages
from prose import FORTUNES
from relaid import fonts

pytestmark = pytest.mark.skipif(
    not (FORTUNES / "science").is_file() or not fonts(), reason="needs the packages fortunes and fonts-dejavu"
)


def test_the_same_seed_draws_the_same_pages():
    for one, other in zip(drawn_pages(3), drawn_pages(3), strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert one.labels == other.labels


def test_labels_stand_where_ink_is():
    for page in drawn_pages(4, seed=1):
        height, width = page.pixels.shape[:2]
        assert len(page.labels) >= 5
        for label in page.labels:
            box = label.region.box
            x, y = int(np.clip(box.center.x, 0, width - 1)), int(np.clip(box.center.y, 0, height - 1))
            around = page.pixels[max(y - 30, 0) : y + 30, max(x - 60, 0) : x + 60]
            assert around.std() > 1
