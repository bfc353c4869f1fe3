"""What jobs keep on disk: of this user alone, whole or not at all, sealed where there is a key."""

import base64
import os

import pytest

from inkread.errors import BusyError, ConfigError, DamagedInputError
from inkread.service.jobs.vault import KEY_VARIABLE, Seal, Vault, key_of

ID = "0" * 32
KEY = bytes(range(32))
SECRET = b"IBAN DE02 1203 0000 0000 2020 51"


def test_a_document_comes_back_and_goes(tmp_path):
    vault = Vault(tmp_path / "documents", Seal())
    assert vault.put(ID, SECRET) == len(SECRET) + 1
    file = next((tmp_path / "documents").iterdir())
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert vault.get(ID) == SECRET
    vault.remove(ID)
    vault.remove(ID)
    with pytest.raises(DamagedInputError):
        vault.get(ID)


def test_with_a_key_nothing_of_it_stands_on_the_disk(tmp_path):
    pytest.importorskip("cryptography", reason="needs cryptography: pip install inkread[encryption]")
    vault = Vault(tmp_path, Seal(KEY))
    vault.put(ID, SECRET)
    assert all(b"IBAN" not in path.read_bytes() for path in tmp_path.iterdir())
    assert vault.get(ID) == SECRET
    with pytest.raises(DamagedInputError, match="does not open"):
        Vault(tmp_path, Seal(bytes(32))).get(ID)
    with pytest.raises(DamagedInputError, match="there is no key"):
        Vault(tmp_path, Seal()).get(ID)


def test_no_sealed_piece_can_stand_for_another():
    pytest.importorskip("cryptography", reason="needs cryptography: pip install inkread[encryption]")
    seal = Seal(KEY)
    kept = seal.close("a/1", SECRET)
    assert seal.open("a/1", kept) == SECRET
    assert seal.close("a/1", SECRET) != kept
    with pytest.raises(DamagedInputError):
        seal.open("a/2", kept)
    with pytest.raises(DamagedInputError):
        seal.open("a/1", kept[:-1] + bytes([kept[-1] ^ 1]))


def test_what_was_kept_before_there_was_a_key_stays_readable(tmp_path):
    pytest.importorskip("cryptography", reason="needs cryptography: pip install inkread[encryption]")
    Vault(tmp_path, Seal()).put(ID, SECRET)
    assert Vault(tmp_path, Seal(KEY)).get(ID) == SECRET


def test_what_no_job_needs_is_swept(tmp_path):
    vault = Vault(tmp_path, Seal())
    vault.put(ID, b"a")
    vault.put("1" * 32, b"b")
    (tmp_path / f"{'2' * 32}.part").write_bytes(b"half")
    assert vault.sweep({ID}) == 2
    assert vault.get(ID) == b"a"


@pytest.mark.parametrize("fails", ["fsync", "replace", "open"])
def test_a_full_disk_keeps_nothing(tmp_path, monkeypatch, fails):
    vault = Vault(tmp_path, Seal())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        "pathlib.Path.replace" if fails == "replace" else f"inkread.service.jobs.vault.os.{fails}", full
    )
    with pytest.raises(BusyError, match="no room") as refused:
        vault.put(ID, SECRET)
    assert refused.value.http_status == 507
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_nearly_full_takes_nothing(tmp_path):
    with pytest.raises(BusyError, match="no room"):
        Vault(tmp_path, Seal(), min_free_mb=1 << 30).put(ID, SECRET)


@pytest.mark.parametrize("text", [KEY.hex(), base64.b64encode(KEY).decode()])
def test_a_key_comes_from_a_file_or_the_environment(tmp_path, text):
    (tmp_path / "key").write_text(f"{text}\n")
    assert key_of(str(tmp_path / "key"), {}) == KEY
    assert key_of(None, {KEY_VARIABLE: text}) == KEY
    assert key_of(None, {}) is None


@pytest.mark.parametrize("text", ["", "short", "x" * 64, base64.b64encode(b"16 bytes are few").decode()])
def test_what_is_no_key_is_told(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(ConfigError, match="no key"):
        key_of(str(tmp_path / "key"), {})


def test_a_key_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        key_of(str(tmp_path / "key"), os.environ)
