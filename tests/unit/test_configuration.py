import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.configuration import from_yaml, load_yaml, to_yaml
from inkread.errors import ConfigError, OptionError
from inkread.options import (
    ArrangeOptions,
    DetectOptions,
    EnhanceOptions,
    Limits,
    LoadOptions,
    ReaderOptions,
    RecognizeOptions,
    RuntimeOptions,
)

STAGES = [ArrangeOptions, DetectOptions, EnhanceOptions, Limits, ReaderOptions, RecognizeOptions, RuntimeOptions]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
fractions = st.floats(0, 1)
reader_options = st.builds(
    ReaderOptions,
    language=st.lists(texts, max_size=3).map(tuple),
    detector=st.none() | texts,
    min_confidence=fractions,
    limits=st.builds(Limits, max_pixels=st.integers(1, 10**12)),
    enhance=st.builds(EnhanceOptions, turn=st.sampled_from(["auto", "never", 0, 90, 180, 270])),
    detect=st.builds(DetectOptions, threshold=st.none() | fractions, unclip_ratio=st.none() | st.floats(1, 4)),
    recognize=st.builds(RecognizeOptions, orientation=st.sampled_from(["auto", "always", "never"])),
    runtime=st.builds(RuntimeOptions, device=texts, threads=st.none() | st.integers(1, 1024), cache=st.booleans()),
)


def fault(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        from_yaml(text, ReaderOptions, name='"my.yaml"')
    message = str(caught.value)
    assert message.startswith('"my.yaml"')
    assert "\n" not in message
    return message.removeprefix('"my.yaml"').lstrip(",: ")


@given(reader_options)
def test_options_come_back_from_their_yaml(options):
    assert from_yaml(to_yaml(options), ReaderOptions) == options


@pytest.mark.parametrize("kind", STAGES)
def test_the_defaults_of_every_stage_come_back_from_their_yaml(kind):
    assert from_yaml(to_yaml(kind()), kind) == kind()


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "null\n", "{}"])
def test_an_empty_configuration_gives_the_defaults(text):
    assert from_yaml(text, ReaderOptions) == ReaderOptions()


def test_only_what_is_given_differs_from_the_defaults():
    options = from_yaml("detect:\n  threshold: 0.2\n", ReaderOptions)
    assert options == ReaderOptions(detect=DetectOptions(threshold=0.2))


def test_yaml_written_for_people_has_each_choice_in_its_comment():
    text = to_yaml(RuntimeOptions())
    assert "engine: auto  # openvino, onnx, torch, or the first that is installed and has the device (auto)" in text
    assert "(auto | openvino | onnx | torch)" in text
    assert "(auto | never | 0 | 90 | 180 | 270)" in to_yaml(EnhanceOptions())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("detectt: {}\n", 'line 1: there is no option "detectt": did you mean "detect"?'),
        ("\n\ndetect:\n  # a comment\n  thresold: 1\n", 'line 5: there is no option "detect.thresold": did you mean'),
        (
            "min_confidence: 0.5\nruntime:\n  engine: tflite\n",
            "line 3: runtime.engine = 'tflite': input should be 'auto'",
        ),
        ("detect: {threshold: 1.5}\n", "line 1: detect.threshold = 1.5: input should be less than or equal to 1"),
        ("language:\n  - en\n  - 5\n", "line 3: language.1 = 5: input should be a valid string"),
        ("runtime:\n", "line 1: runtime = None: input should be a valid dictionary"),
    ],
)
def test_a_wrong_option_is_named_with_its_line(text, message):
    """X-35: a configuration is checked against a schema."""
    assert fault(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list\n", 'line 1: expected "name: value" lines'),
        ("just text", 'line 1: expected "name: value" lines'),
        ("? [a]\n: b\n", 'line 1: expected "name: value" lines'),
        ("min_confidence: 0.5\na: b: c\n", "line 2: mapping values are not allowed here"),
        ("detector: a\n---\ndetector: b\n", "line 2: but found another document"),
        ("detector: a\ndetector: b\n", 'line 2: "detector" is given twice'),
        ("detector: 2024-99-99\n", "line 1: cannot read '2024-99-99': month must be in 1..12; put it in quotes"),
        ("detector: 0b_\n", "line 1: cannot read '0b_'"),
        ("min_confidence: " + "9" * 5000, "line 1: cannot read '9999"),
        ("detector: \0\n", "unacceptable character"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(text, message):
    assert fault(text).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "detector: &name x\nrecognizer: *name\n",
        "runtime: &all {device: cpu}\ndetect:\n  <<: *all\n",
        "detect: &self\n  detect: *self\n",
    ],
)
def test_aliases_are_refused(text):
    assert "aliases are not allowed here" in fault(text)


@pytest.mark.parametrize("tag", ["!mine", "!!python/object/apply:os.getcwd", "!!float", "!!binary", "!"])
def test_tags_are_refused(tag):
    assert fault(f"limits:\n  max_bytes: {tag} 5\n") == "line 2: tags are not allowed here"


def test_deep_nesting_is_refused_before_it_is_built():
    assert fault("detect: " + "[" * 100_000) == "line 1: too deeply nested"


def test_more_than_a_mebibyte_is_refused():
    assert fault("#" + "x" * (1 << 20)).startswith("is larger than 1 MiB")


def test_a_mebibyte_is_measured_in_bytes():
    assert fault("#" + "é" * (1 << 19)).startswith("is larger than 1 MiB")


def test_a_long_value_is_not_repeated_in_full():
    assert len(fault(f"min_confidence: {'x' * 10_000}")) < 200


@given(st.text(max_size=60) | st.text(st.sampled_from("ab:- \n[]{}&*!#'\"|>%@0.~?,"), max_size=40))
def test_any_text_gives_options_or_a_config_error(text):
    try:
        options = from_yaml(text.encode(errors="replace").decode(), ReaderOptions)
    except ConfigError:
        return
    assert isinstance(options, ReaderOptions)


def test_a_file_is_named_in_its_error(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("min_confidence: 7\n")
    with pytest.raises(ConfigError, match=r'my\.yaml", line 1: min_confidence = 7'):
        load_yaml(path, ReaderOptions)


def test_a_file_is_read_as_utf_8(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_bytes("detector: modèle.onnx\n".encode())
    assert load_yaml(path, ReaderOptions).detector == "modèle.onnx"


def test_a_missing_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        load_yaml(tmp_path / "none.yaml", ReaderOptions)


def test_a_file_that_is_no_text_is_a_config_error(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        load_yaml(path, ReaderOptions)


def test_a_preference_sets_what_is_not_given():
    options = ReaderOptions(prefer="speed")
    assert options.runtime.precision == "int8"
    assert ReaderOptions(prefer="speed", runtime=RuntimeOptions(threads=1)).runtime.precision == "int8"
    assert ReaderOptions(prefer="speed", runtime=RuntimeOptions(precision="f32")).runtime.precision == "f32"
    assert from_yaml("prefer: speed\nruntime:\n  precision: f32\n", ReaderOptions).runtime.precision == "f32"


def test_preferred_values_are_written_and_read_like_others():
    options = ReaderOptions(prefer="speed")
    assert from_yaml(to_yaml(options), ReaderOptions) == options


def test_a_password_is_never_shown_or_written():
    options = ReaderOptions(load=LoadOptions(password="sesame"))
    assert options.load.password.get_secret_value() == "sesame"
    assert options.load.with_(dpi=300).password == options.load.password
    for shown in (repr(options), str(options.load), to_yaml(options), repr(options.model_dump())):
        assert "sesame" not in shown
    assert from_yaml(to_yaml(options), ReaderOptions) == ReaderOptions()
    with pytest.raises(ConfigError, match=r"line 2: load\.password: input should be") as caught:
        from_yaml("load:\n  password: [sesame]\n", ReaderOptions)
    assert "sesame" not in str(caught.value)


def test_pages_may_be_a_number_in_a_file():
    assert from_yaml("load:\n  pages: 7\n", ReaderOptions).load.pages == "7"
    with pytest.raises(OptionError, match=r"load\.pages = 'last': expected pages from 1, such as 1-3,7,10-"):
        ReaderOptions(load={"pages": "last"})
