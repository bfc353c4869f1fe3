import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import pytest
from models import part, tensor, tiny_onnx

from inkread.configuration import load_yaml
from inkread.errors import ConfigError, InkreadError, ModelError, ModelIntegrityError, OutputError
from inkread.options import ReaderOptions
from inkread.registry.bundle import export_bundle, import_models
from inkread.registry.receipts import WORK, receipts
from inkread.registry.removal import trashed
from inkread.registry.store import Store

CARD = "name: my_hand\ntask: recognition\nlicense: MIT\nlanguages: fr\ncharset: letters.txt\n"
DEFAULTS = ["PP-OCRv6_small_det", "PP-OCRv6_small_rec", "ch_ppocr_mobile_v2.0_cls"]


def published(root: Path, *, card: str = CARD, network: bytes | None = None, letters: str = "a\nb\nc\n") -> Path:
    """A folder as training publishes it."""
    folder = root / "published"
    folder.mkdir()
    (folder / "card.yaml").write_text(card)
    (folder / "net.onnx").write_bytes(tiny_onnx(classes=5) if network is None else network)
    (folder / "letters.txt").write_text(letters)
    (folder / "report.md").write_text("what was measured")
    return folder


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "models")


def again(store: Store) -> Store:
    return Store(store.folder)


def nothing_changed(store: Store) -> bool:
    return [path for path in store.folder.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


@pytest.mark.row("S2-31", "S4-83")
def test_a_trained_models_folder_is_taken(store, tmp_path):
    assert import_models(store, published(tmp_path)) == ("my_hand",)
    here = again(store)
    assert sorted(path.name for path in (store.folder / "my_hand").iterdir()) == [
        "card.yaml",
        "letters.txt",
        "net.onnx",
    ]
    assert here.characters(here.card("my_hand", "recognition")) == "a\nb\nc\n"
    assert receipts(store.folder)["my_hand/net.onnx"].source == "import published"
    assert list((store.folder / WORK / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"card": CARD + "lerning_rate: 1\n"}, ConfigError, 'there is no option "lerning_rate"'),
        ({"card": CARD + "files: [../net.onnx]\n"}, ConfigError, "cannot be the name"),
        ({"card": CARD.replace("my_hand", "../../my_hand")}, ConfigError, "cannot be the name"),
        ({"card": CARD.replace("my_hand", "PP-OCRv6_small_rec")}, ModelError, "is one of the catalogue's"),
        ({"card": CARD.replace("letters", "none")}, InkreadError, "none.txt"),
        ({"card": CARD.replace("license: MIT", "license: CC-BY-NC-4.0")}, ModelError, "--accept-license"),
        ({"card": CARD.replace("license: MIT\n", "")}, ModelError, "no known licence"),
        ({"letters": "a\nb\n"}, ModelError, "do not belong together"),
        ({"network": pickle.dumps({})}, ModelError, "is a pickle"),
        ({"network": tiny_onnx(classes=5)[:-3]}, ModelError, "is not a whole ONNX model"),
        ({"network": tiny_onnx(classes=5, graph=part(5, tensor("../../x")))}, ModelError, "not beside it"),
        ({"network": tiny_onnx(classes=5, graph=part(5, tensor("w.data")))}, ModelError, "which is not there"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_before_anything_is_taken(store, tmp_path, changes, error, why):
    with pytest.raises(error, match=why):
        import_models(store, published(tmp_path, **changes))
    assert nothing_changed(store)


def test_a_folder_with_links_is_refused(store, tmp_path):
    folder = published(tmp_path)
    (folder / "more.txt").symlink_to("/etc/hostname")
    with pytest.raises(ModelError, match="holds links"):
        import_models(store, folder)
    assert nothing_changed(store)


def test_weights_beside_the_network_come_along(store, tmp_path):
    folder = published(tmp_path, network=tiny_onnx(classes=5, graph=part(5, tensor("w.data"))))
    (folder / "w.data").write_bytes(b"12345678")
    import_models(store, folder)
    assert (store.folder / "my_hand" / "w.data").read_bytes() == b"12345678"
    assert again(store).find("my_hand").is_file()
    export_bundle(again(store), ["my_hand"], tmp_path / "out")
    other = Store(tmp_path / "other")
    import_models(other, tmp_path / "out")
    assert (other.folder / "my_hand" / "w.data").read_bytes() == b"12345678"


def test_a_name_that_is_taken_needs_a_word_and_goes_to_the_trash(store, tmp_path):
    folder = published(tmp_path)
    import_models(store, folder)
    with pytest.raises(OutputError, match=r"exists already: say --overwrite"):
        import_models(again(store), folder)
    import_models(again(store), folder, overwrite=True)
    assert [each.name for each in trashed(store)] == ["my_hand"]
    assert again(store).find("my_hand").is_file()


@pytest.mark.parametrize("suffix", ["", ".zip"])
@pytest.mark.row("S4-17", "S3-47")
def test_a_bundle_carries_models_characters_and_configuration(store, tmp_path, suffix):
    import_models(store, published(tmp_path))
    out = tmp_path / f"bundle{suffix}"
    entries = export_bundle(again(store), [*DEFAULTS, "my_hand"], out, "prefer: speed\n")
    assert {entry.model for entry in entries} == {*DEFAULTS, "my_hand"}
    other = Store(tmp_path / "other")
    assert set(import_models(other, out)) == {*DEFAULTS, "my_hand"}
    found = {model.card.name: model.where for model in again(other).installed()}
    assert {name: found[name] for name in (*DEFAULTS, "my_hand")} == dict.fromkeys([*DEFAULTS, "my_hand"], "store")
    if not suffix:
        assert load_yaml(out / "inkread.yaml", ReaderOptions).prefer == "speed"
        assert (out / "charsets" / "my_hand.txt").read_text() == "a\nb\nc\n"
        assert len((out / "charsets" / "PP-OCRv6_small_rec.txt").read_text(encoding="utf-8").split("\n")) > 18_000
        assert Store(out / "models").find("my_hand").is_file()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_bundle_is_never_written_over_anything(store, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        export_bundle(store, DEFAULTS, tmp_path / "out")


def test_a_damaged_bundle_is_refused(store, tmp_path):
    out = tmp_path / "bundle"
    export_bundle(Store(tmp_path / "here"), ["ch_ppocr_mobile_v2.0_cls"], out)
    (file,) = (out / "models").glob("*.onnx")
    whole = file.read_bytes()
    file.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    with pytest.raises(ModelIntegrityError, match="another file than its list says"):
        import_models(store, out)
    # And with a list that agrees with it: the card does not.
    listed = json.loads((out / "bundle.json").read_text())
    listed["files"][0]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (out / "bundle.json").write_text(json.dumps(listed))
    with pytest.raises(ModelIntegrityError, match="has the sha256"):
        import_models(store, out)
    file.unlink()
    with pytest.raises(ModelIntegrityError, match="is missing"):
        import_models(store, out)
    assert nothing_changed(store)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"files": 5}', '{"files": [{"name": 1}]}', '{"files": [["x"]]}', "\xff\xfe"]
)
def test_a_list_that_is_none_is_refused(store, tmp_path, text):
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "bundle.json").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match="is no list of a bundle"):
        import_models(store, out)


def row(name: str, model: str = "m") -> dict[str, object]:
    return {"name": name, "model": model, "license": "MIT", "sha256": "0" * 64, "size_bytes": 1}


@pytest.mark.parametrize(
    "name", ["../x.onnx", "/etc/hostname", "a/../../x.onnx", "a/b/c.onnx", "CON.onnx", ".x", "a\0b"]
)
def test_names_of_a_bundle_that_climb_out_are_refused(store, tmp_path, name):
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "bundle.json").write_text(json.dumps({"files": [row(name)]}))
    with pytest.raises(ModelError, match="cannot be the name"):
        import_models(store, out)


def test_a_model_of_a_later_version_is_told(store, tmp_path):
    out = tmp_path / "bundle"
    (out / "models").mkdir(parents=True)
    (out / "models" / "new.onnx").write_bytes(tiny_onnx())
    sha256 = hashlib.sha256(tiny_onnx()).hexdigest()
    (out / "bundle.json").write_text(json.dumps({"files": [{**row("new.onnx", "new"), "sha256": sha256}]}))
    with pytest.raises(ModelError, match='knows no model "new": update inkread'):
        import_models(store, out)


def a_zip(path: Path, names: list[tuple[str, int]], *, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in names:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [("../../out", 0o644), ("/tmp/out", 0o644), ("..\\win", 0), ("C:\\x", 0), ("link", 0o120777), ("a/b/c/d", 0o644)],
)
def test_a_zip_that_leads_elsewhere_is_not_unpacked(store, tmp_path, name, mode):
    with pytest.raises(ModelError, match="which is not unpacked"):
        import_models(store, a_zip(tmp_path / "b.zip", [("card.yaml", 0o644), (name, mode)]))
    assert nothing_changed(store)


def test_a_zip_of_thousands_or_that_would_fill_the_disk_is_not_unpacked(store, tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="holds 2,001 files"):
        import_models(store, a_zip(tmp_path / "b.zip", [(f"d/{k}.txt", 0o644) for k in range(2001)]))
    monkeypatch.setattr("inkread.registry.web_file._spare", lambda folder: 10)
    with pytest.raises(OutputError, match="free some space"):
        import_models(store, a_zip(tmp_path / "c.zip", [("a.txt", 0o644)], content=bytes(11)))


def test_a_damaged_zip_is_refused(store, tmp_path):
    path = a_zip(tmp_path / "b.zip", [("card.yaml", 0o644)], content=b"task: detection")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"task: detection", b"task: Detection"))
    with pytest.raises(ModelIntegrityError, match="is damaged"):
        import_models(store, path)


def test_one_file_is_taken_by_its_card_or_with_its_licence_accepted(store, tmp_path):
    weights = Store(tmp_path / "none").find("ch_ppocr_mobile_v2.0_cls")
    copy = tmp_path / "downloaded-by-hand.onnx"
    copy.write_bytes(weights.read_bytes())
    assert import_models(store, copy) == ("ch_ppocr_mobile_v2.0_cls",)
    own = tmp_path / "fra.traineddata"
    own.write_bytes(b"anything")
    with pytest.raises(ModelError, match="no known licence"):
        import_models(store, own)
    assert import_models(store, own, accept_license=True) == ("fra.traineddata",)
    assert (store.folder / "fra.traineddata").is_file()


@pytest.mark.parametrize(("name", "why"), [("x.txt", "is no model"), ("x.pkl", "is a pickle"), ("none", "nothing at")])
def test_what_is_no_model_is_not_taken(store, tmp_path, name, why):
    if name != "none":
        (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(ModelError, match=why):
        import_models(store, tmp_path / name)


def test_a_zip_without_a_card_is_no_model(store, tmp_path):
    source = tmp_path / "n-grams.npz"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("logs.npy", b"")
    with pytest.raises(ModelError, match=r'n-grams\.npz" is no model'):
        import_models(store, source)


def test_a_card_of_the_users_list_travels_as_a_folder(store, tmp_path):
    store.folder.mkdir()
    (store.folder / "net.onnx").write_bytes(tiny_onnx())
    (store.folder / "catalog.yaml").write_text(
        "models:\n  listed:\n    task: detection\n    license: MIT\n    files: [net.onnx]\n    threshold: 0.4\n"
    )
    export_bundle(store, ["listed"], tmp_path / "out.zip")
    other = Store(tmp_path / "other")
    assert import_models(other, tmp_path / "out.zip") == ("listed",)
    assert again(other).card("listed").threshold == 0.4
