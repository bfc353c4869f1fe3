"""Every format, mode and orientation is made here with Pillow, read back and compared pixel by pixel."""

import hashlib
import io
import struct
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inkread.errors import DamagedInputError, InputError, LimitError, MissingPackageError
from inkread.image import Image
from inkread.load import pictures
from inkread.load.pixels import rgb_from_picture
from inkread.options import Limits

LOSSLESS = {"PNG": {}, "BMP": {}, "TIFF": {}, "PPM": {}, "WEBP": {"lossless": True}, "JPEG2000": {}}
LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95, "subsampling": "4:4:4"}}


def corners(width: int = 40, height: int = 24) -> np.ndarray:
    """A picture whose four quarters have four colours, so that every turn and flip shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    half_y, half_x = height // 2, width // 2
    pixels[:half_y, :half_x] = (250, 10, 10)
    pixels[:half_y, half_x:] = (10, 250, 10)
    pixels[half_y:, :half_x] = (10, 10, 250)
    pixels[half_y:, half_x:] = (250, 250, 250)
    return pixels


def encoded(picture: PIL.Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    if isinstance(picture, np.ndarray):
        picture = PIL.Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def read(content: bytes, limits: Limits = Limits()) -> Image:
    document = pictures.open_bytes(content, limits, "page.png")
    assert len(document) == 1
    image = document.page(0)
    document.close()
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape[2] == 3
    return image


def first_pixel(picture: PIL.Image.Image, kind: str = "TIFF") -> tuple[int, ...]:
    return tuple(int(value) for value in read(encoded(picture, kind)).pixels[0, 0])


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.row("S1-23", "S3-4")
def test_lossless_formats_give_the_pixels_that_were_saved(kind: str) -> None:
    """S1-23: the common formats and more."""
    np.testing.assert_array_equal(read(encoded(corners(), kind, **LOSSLESS[kind])).pixels, corners())


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.row("S1-23")
def test_lossy_formats_give_nearly_the_pixels_that_were_saved(kind: str) -> None:
    pixels = read(encoded(corners(), kind, **LOSSY[kind])).pixels.astype(int)
    assert np.abs(pixels - corners()).mean() < 4


def test_a_raw_jpeg_2000_codestream_is_read() -> None:
    np.testing.assert_array_equal(read(encoded(corners(), "JPEG2000", no_jp2=True)).pixels, corners())


def test_the_first_picture_of_a_multi_picture_jpeg_is_the_page() -> None:
    other = PIL.Image.new("RGB", (40, 24))
    content = encoded(corners(), "MPO", save_all=True, append_images=[other], quality=95, subsampling=0)
    assert np.abs(read(content).pixels.astype(int) - corners()).mean() < 4


@pytest.mark.parametrize("compression", [None, "tiff_deflate", "tiff_lzw", "packbits"])
def test_tiff_compressions_are_read(compression: str | None) -> None:
    np.testing.assert_array_equal(read(encoded(corners(), "TIFF", compression=compression)).pixels, corners())


def test_fax_compressed_tiff_is_read() -> None:
    page = PIL.Image.fromarray(np.tile([[True, False]], (16, 8)))
    pixels = read(encoded(page, "TIFF", compression="group4")).pixels
    assert pixels[0, 0].tolist() == [255] * 3
    assert pixels[0, 1].tolist() == [0] * 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_page_upright(kind: str, orientation: int) -> None:
    """The stored pixels are made from the upright ones by the inverse of what EXIF (CIPA DC-008) prescribes."""
    back = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p),
        7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
        8: lambda p: np.rot90(p, -1),
    }[orientation]
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(back(corners()))
    options = LOSSLESS.get(kind) or LOSSY.get(kind) or {}
    image = read(encoded(stored, kind, exif=exif, **options))
    assert (image.width, image.height) == (40, 24)
    assert np.abs(image.pixels.astype(int) - corners()).mean() < 4


def test_each_page_of_a_compressed_tiff_is_turned_by_its_own_orientation() -> None:
    pages = [PIL.Image.fromarray(np.ascontiguousarray(np.rot90(corners(), turns))) for turns in (1, 0, 1)]
    for page, orientation in zip(pages, (6, 1, 6), strict=True):
        page.encoderinfo = {"tiffinfo": {0x0112: orientation}}
    document = pictures.open_bytes(
        encoded(
            pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate", tiffinfo={0x0112: 6}
        ),
    )
    assert {(document.page(i).width, document.page(i).height) for i in (2, 0)} == {(40, 24)}
    document.close()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_over_white(kind: str) -> None:
    picture = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 255))
    picture.putpixel((2, 0), (0, 0, 0, 128))
    row = read(encoded(picture, kind, **LOSSLESS.get(kind, {}))).pixels[0]
    assert row[0].tolist() == [255, 255, 255]
    assert row[1].tolist() == [0, 0, 0]
    assert row[2].tolist() == [127, 127, 127]


def test_a_transparent_palette_entry_is_laid_over_white() -> None:
    picture = PIL.Image.new("P", (4, 4), 0)
    picture.putpalette([0, 0, 0, 200, 10, 10])
    picture.putpixel((1, 0), 1)
    row = read(encoded(picture, "PNG", transparency=0)).pixels[0]
    assert row[0].tolist() == [255, 255, 255]
    assert row[1].tolist() == [200, 10, 10]


@pytest.mark.parametrize(("mode", "color"), [("L", 7), ("RGB", (1, 2, 3))])
def test_a_transparent_color_is_laid_over_white(mode: str, color: Any) -> None:
    assert first_pixel_with_transparency(mode, color) == [255, 255, 255]


def first_pixel_with_transparency(mode: str, color: Any) -> list[int]:
    return read(encoded(PIL.Image.new(mode, (4, 4), color), "PNG", transparency=color)).pixels[0, 0].tolist()


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    cyan = PIL.Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    red, green, blue = first_pixel(cyan, kind)
    assert red < 20
    assert green > 200
    assert blue > 200


def test_sixteen_bit_grey_is_scaled_by_its_range() -> None:
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        assert read(encoded(values, kind)).pixels[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bit_rgb_png_is_scaled_by_its_range() -> None:
    rows = b"\0" + struct.pack(">6H", 0, 32896, 65535, 257, 514, 65535)
    content = png(2, 1, depth=16, color=2, data=zlib.compress(rows))
    assert read(content).pixels[0].tolist() == [[0, 128, 255], [1, 2, 255]]


def test_float_and_wide_integer_grey_is_scaled() -> None:
    unit = PIL.Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    bytes_like = PIL.Image.fromarray(np.array([[0, 128, 255]], np.int32))
    wide = PIL.Image.fromarray(np.array([[-100_000, 0, 100_000]], np.int32))
    for picture in (unit, bytes_like, wide):
        assert read(encoded(picture, "TIFF")).pixels[0, :, 0].tolist() == pytest.approx([0, 128, 255], abs=1)


def test_one_bit_pages_are_black_and_white() -> None:
    assert first_pixel(PIL.Image.new("1", (8, 8), 1)) == (255, 255, 255)
    assert first_pixel(PIL.Image.new("1", (8, 8), 0), "PNG") == (0, 0, 0)


@pytest.mark.parametrize(
    "mode",
    [
        "1",
        "L",
        "LA",
        "La",
        "P",
        "PA",
        "RGB",
        "RGBA",
        "RGBa",
        "RGBX",
        "CMYK",
        "YCbCr",
        "HSV",
        "LAB",
        "I",
        "F",
        "I;16",
        "I;16B",
    ],
)
def test_every_mode_of_a_pillow_image_gives_a_white_page(mode: str) -> None:
    white: dict[str, Any] = {
        "CMYK": 0,
        "YCbCr": (255, 128, 128),
        "HSV": (0, 0, 255),
        "LAB": (255, 128, 128),
        "F": 1.0,
        "I": 65535,
        "I;16": 65535,
        "I;16B": 65535,
        "1": 1,
        "P": 0,
        "PA": (0, 255),
    }
    many = (255,) * len(PIL.Image.new(mode, (1, 1)).getbands()) if mode not in white else white[mode]
    picture = PIL.Image.new(mode, (5, 3), many if mode not in ("L",) else 255)
    if mode in ("P", "PA"):
        picture.putpalette([255, 255, 255])
    before = (picture.mode, picture.tobytes())
    image = pictures.from_pillow(picture)
    assert image.pixels.shape == (3, 5, 3)
    assert image.pixels.min() >= 254
    assert (picture.mode, picture.tobytes()) == before


def test_resolution_is_kept_where_it_makes_sense() -> None:
    page = PIL.Image.new("RGB", (4, 4))
    assert read(encoded(page, "PNG", dpi=(300, 300))).dpi == pytest.approx(300, abs=0.1)
    assert read(encoded(page, "TIFF", dpi=(200, 100))).dpi == pytest.approx(200)
    assert read(encoded(page, "JPEG", dpi=(600, 600))).dpi == 600
    assert read(encoded(page, "PNG")).dpi is None
    assert read(encoded(page, "TIFF", dpi=(90_000, 90_000))).dpi is None


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.row("S1-24")
def test_frames_are_pages_in_any_order(kind: str) -> None:
    frames = [PIL.Image.new("RGB", (32, 32), (level, level, level)) for level in (10, 90, 170, 250)]
    options = {"WEBP": {"lossless": True}, "AVIF": {"quality": 95}}.get(kind, {})
    document = pictures.open_bytes(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert len(document) == 4
    for index in (2, 0, 3, 1, 1):
        image = document.page(index)
        assert image.number == index + 1
        assert image.pixels[5, 5] == pytest.approx([10 + 80 * index] * 3, abs=3)
    document.close()


def test_pages_do_not_share_their_pixels() -> None:
    frames = [PIL.Image.new("RGB", (8, 8), (level,) * 3) for level in (0, 255)]
    document = pictures.open_bytes(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    first = document.page(0)
    document.page(1)
    document.close()
    assert first.pixels.max() == 0


def png(width: int, height: int, *, depth: int = 8, color: int = 2, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_huge_page_is_refused_from_its_header_alone() -> None:
    with pytest.raises(LimitError, match=r'"big.png" is 50,000 x 50,000 px, over the limit of 100 Mpx: .*max_pixels'):
        pictures.open_bytes(png(50_000, 50_000), name="big.png")
    with pytest.raises(LimitError, match=r"over the limit of 65,500 px a side: .*max_side_px"):
        pictures.open_bytes(png(70_000, 2))


def test_the_limit_is_ours_and_not_the_decoder_librarys() -> None:
    before = PIL.Image.MAX_IMAGE_PIXELS
    document = pictures.open_bytes(png(20_000, 20_000), Limits(max_pixels=500_000_000))
    assert len(document) == 1
    document.close()
    assert before == PIL.Image.MAX_IMAGE_PIXELS


def test_each_page_is_held_against_the_limits_before_it_is_decoded() -> None:
    small, large = PIL.Image.new("L", (10, 10)), PIL.Image.new("L", (300, 200))
    document = pictures.open_bytes(
        encoded(small, "TIFF", save_all=True, append_images=[large, small]), Limits(max_pixels=50_000), "scan.tif"
    )
    with pytest.raises(LimitError, match=r'page 2 of "scan.tif" is 300 x 200 px, over the limit of 50,000 px'):
        document.page(1)
    assert document.page(2).width == 10
    document.close()


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG"])
def test_too_many_pages_are_refused(kind: str) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), (level,) * 3) for level in range(0, 250, 50)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(LimitError, match="more than the limit of 4 pages: split it or raise max_pages"):
        pictures.open_bytes(content, Limits(max_pages=4))
    pictures.open_bytes(content, Limits(max_pages=5)).close()


def test_scans_of_a_progressive_jpeg_are_counted() -> None:
    content = encoded(corners(), "JPEG", progressive=True)
    with pytest.raises(LimitError, match="progressive JPEG of more than 3 scans"):
        read(content, Limits(max_jpeg_scans=3))
    assert read(content, Limits(max_jpeg_scans=20)).width == 40
    assert read(encoded(corners(), "JPEG"), Limits(max_jpeg_scans=1)).width == 40


def test_a_file_over_the_size_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(encoded(corners()))
    with pytest.raises(LimitError, match=r"over the limit of 50 bytes: .*max_bytes"):
        pictures.open_file(path, Limits(max_bytes=50))
    with pytest.raises(LimitError, match="over the limit of 50 bytes"):
        pictures.open_bytes(path.read_bytes(), Limits(max_bytes=50))
    with pytest.raises(LimitError, match="over the limit of 50 bytes"):
        pictures.read_stream(io.BytesIO(path.read_bytes()), Limits(max_bytes=50))


def test_a_large_file_is_read_page_by_page_from_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_IN_MEMORY_BYTES", 100)
    path = tmp_path / "scan.tif"
    frames = [PIL.Image.new("L", (40, 40), level) for level in (0, 100, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="tiff_deflate")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    document = pictures.open_file(path)
    assert [int(document.page(index).pixels[0, 0, 0]) for index in (2, 0, 1)] == [200, 0, 100]
    document.close()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_reading_does_not_import_the_plugins_of_other_formats(run_python: Any, tmp_path: Path) -> None:
    path = tmp_path / "receipt.jpg"
    path.write_bytes(encoded(corners(), "JPEG"))
    printed = run_python(
        "import sys, pathlib\nfrom inkread.load import pictures\n"
        f"pictures.open_file(pathlib.Path({str(path)!r})).page(0)\n"
        "print(*[name for name in sys.modules if name.startswith('PIL.') and name.endswith('Plugin')])"
    )
    assert printed.split() == ["PIL.JpegImagePlugin"]


def test_heif_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    with pytest.raises(MissingPackageError, match=r"pip install inkread\[heif\]"):
        pictures.open_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), name="photo.jpg")


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.bool_]),
        st.one_of(st.just((5, 7)), st.sampled_from([(5, 7, 1), (5, 7, 3), (5, 7, 4)])),
    )
)
@pytest.mark.row("S4-46")
def test_any_array_of_a_picture_gives_three_channels_within_its_range(array: np.ndarray) -> None:
    """S4-46: an array is a page."""
    image = pictures.from_array(array)
    assert image.pixels.shape == (5, 7, 3)
    assert image.pixels.dtype == np.uint8


def test_array_values_are_scaled_to_bytes() -> None:
    for array in (
        np.array([[0, 1]], bool),
        np.array([[0, 65535]], np.uint16),
        np.array([[0, 65535]], ">u2"),
        np.array([[0.0, 1.0]]),
        np.array([[-0.0001, 1.0001]], np.float32),
    ):
        assert pictures.from_array(array).pixels[0, :, 1].tolist() == [0, 255]


def test_bgr_is_a_word_and_never_a_guess() -> None:
    array = np.zeros((2, 2, 3), np.uint8)
    array[..., 0] = 200
    assert pictures.from_array(array).pixels[0, 0].tolist() == [200, 0, 0]
    assert pictures.from_array(array, channels="bgr").pixels[0, 0].tolist() == [0, 0, 200]
    alpha = np.dstack([array, np.full((2, 2), 255, np.uint8)])
    assert pictures.from_array(alpha, channels="bgr").pixels[0, 0].tolist() == [0, 0, 200]
    with pytest.raises(InputError, match='no channel order "gbr"'):
        pictures.from_array(array, channels="gbr")  # type: ignore[arg-type]


def test_a_page_keeps_its_pixels_when_the_array_changes() -> None:
    array = np.zeros((4, 4, 3), np.uint8)
    image = pictures.from_array(array)
    array[:] = 255
    assert image.pixels.max() == 0


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 5, 5, 3), np.uint8), "batch"),
        (np.zeros((3, 50, 50), np.uint8), "channels last"),
        (np.zeros((5, 5, 2), np.uint8), "shape"),
        (np.zeros(5, np.uint8), "shape"),
        (np.full((5, 5), 200.0), "divide"),
        (np.full((5, 5), np.nan), "nan"),
        (np.full((5, 5), 1000), "uint8"),
        (np.array([["a", "b"]]), "uint8"),
    ],
)
def test_arrays_that_are_no_pictures_say_what_to_do(array: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        pictures.from_array(array)


def test_an_empty_array_has_no_pixels() -> None:
    with pytest.raises(DamagedInputError, match="no pixels"):
        pictures.from_array(np.zeros((0, 5, 3), np.uint8))


def test_warnings_of_the_decoder_stay_inside_and_filters_are_left_alone() -> None:
    def read_one(_: int) -> int:
        return pictures.open_bytes(png(9_600, 9_600), name="big.png").page(0).width

    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool, pytest.raises(DamagedInputError):
        list(pool.map(read_one, range(8)))
    assert list(warnings.filters) == before


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_a_large_picture_becomes_rgb_in_strips_as_a_small_one_does(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = PIL.Image.frombytes("RGBA", (60, 700), np.random.default_rng(3).bytes(60 * 700 * 4))
    picture = noise.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr", "P", "1") else noise.convert(mode)
    whole = rgb_from_picture(picture)
    monkeypatch.setattr("inkread.load.pixels._LARGE_PX", 1)
    assert (rgb_from_picture(picture) == whole).all()


def test_a_picture_that_does_not_fit_the_memory_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = encoded(PIL.Image.new("L", (3000, 3000)), "PNG")
    monkeypatch.setattr("inkread.runtime.memory.resident_bytes", lambda: 180_000_000)
    with pytest.raises(LimitError, match=r"needs 39 MB of memory, .* set limits.max_memory_mb to 240 or more"):
        read(content, Limits(max_memory_mb=200))
