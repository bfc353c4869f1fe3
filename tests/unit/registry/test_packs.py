from pathlib import Path

import pytest

from inkread.errors import ModelError, ModelNotFoundError
from inkread.registry import packs
from inkread.registry.packs import find_packs, pack_at


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(packs, "_SYSTEM", (str(tmp_path / "system"),))


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.traineddata").write_bytes(b"")
    return folder


def test_the_user_s_folder_comes_first_then_the_variable_then_the_system(tmp_path, monkeypatch):
    store = put(tmp_path / "store", "ara")
    named = put(tmp_path / "named", "ara", "deu")
    system = put(tmp_path / "system", "ara", "deu", "san", "osd", "equ")
    monkeypatch.setenv("TESSDATA_PREFIX", str(named))
    found = find_packs(store)
    assert {name: pack.path.parent for name, pack in found.items()} == {"ara": store, "deu": named, "san": system}


def test_the_variable_may_name_the_folder_around(tmp_path, monkeypatch):
    put(tmp_path / "named" / "tessdata", "ara")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path / "named"))
    assert list(find_packs(tmp_path / "nowhere")) == ["ara"]


def test_a_pack_reads_the_language_of_its_name(tmp_path):
    found = find_packs(put(tmp_path / "store", "ara", "frk", "chi_sim", "mine"))
    assert found["ara"].reads("ar")
    assert found["ara"].reads("ar-EG")
    assert not found["ara"].reads("fa")
    assert found["frk"].reads("de-Latf")
    assert not found["frk"].reads("de")
    assert found["chi_sim"].reads("zh-CN")
    assert not found["mine"].reads("ar")


def test_a_pack_at_a_path_is_checked(tmp_path):
    put(tmp_path, "mine")
    with pytest.raises(ModelError, match="it is empty"):
        pack_at(tmp_path / "mine.traineddata")
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        pack_at(tmp_path / "other.traineddata")
