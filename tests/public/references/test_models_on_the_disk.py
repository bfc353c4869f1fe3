"""The programs of S2: list the models, delete the old ones, audit, and let go of everything."""

import gc
import os
from pathlib import Path

import pytest

from inkread.dialects.aspose_ai import AsposeAI, ResourceReleasedError
from inkread.errors import ClosedError, ModelError


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    """A folder of models of which one is called old."""
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("en_ocr_v1.bin", "old_fr_ocr_v1.bin"):
        (folder / name).write_bytes(b"a model")
    return folder


@pytest.mark.row("S2-2", "S2-5", "S2-6", "S2-8", "S2-9", "S2-12", "S2-14", "S2-20", "S2-22", "S2-29", "S2-30", "S2-33")
def test_the_whole_script_prints_what_it_should(models, capsys):
    ocr_ai = AsposeAI()

    local_models = ocr_ai.list_local()
    print("Models on disk:", local_models)
    for model_name in local_models:
        if model_name.startswith("old_"):
            os.remove(os.path.join(ocr_ai.get_local_path(), model_name))  # noqa: PTH107, PTH118 - as people write it
            print(f"Deleted {model_name}")
    model_dir = ocr_ai.get_local_path()
    print("Model directory:", model_dir)
    for name in ocr_ai.list_local():
        status = "OLD" if name.startswith("old_") else "CURRENT"
        print(f"{status}: {os.path.join(model_dir, name)}")  # noqa: PTH118
    ocr_ai.free_resources()
    print("All OCR resources have been released.")

    assert capsys.readouterr().out.splitlines() == [
        "Models on disk: ['en_ocr_v1.bin', 'old_fr_ocr_v1.bin']",
        "Deleted old_fr_ocr_v1.bin",
        f"Model directory: {models}",
        f"CURRENT: {models / 'en_ocr_v1.bin'}",
        "All OCR resources have been released.",
    ]


@pytest.mark.row("S2-23")
def test_three_lines_for_a_prompt(models, capsys):
    ai = AsposeAI()
    print(ai.list_local())
    ai.free_resources()
    assert capsys.readouterr().out == "['en_ocr_v1.bin', 'old_fr_ocr_v1.bin']\n"


@pytest.mark.row("S2-10", "S2-28")
def test_the_path_of_a_model_can_be_given_to_others(models):
    ai = AsposeAI()
    first = Path(ai.get_local_path(), ai.list_local()[0])
    assert first.is_absolute()
    assert first.read_bytes() == b"a model"


@pytest.mark.row("S2-5", "S2-10")
def test_a_folder_without_models_is_an_empty_list(tmp_path, monkeypatch):
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path / "nothing here"))
    assert AsposeAI().list_local() == []
    assert AsposeAI().get_local_path() == str(tmp_path / "nothing here" / "models")


@pytest.mark.row("S2-11", "S2-20", "S2-21")
def test_an_audit_also_finds_what_a_newer_version_replaces(models):
    (models / "en_ocr_v2.bin").write_bytes(b"a newer model")
    assert AsposeAI().audit() == [
        f"OLD: {models / 'en_ocr_v1.bin'}",
        f"CURRENT: {models / 'en_ocr_v2.bin'}",
        f"OLD: {models / 'old_fr_ocr_v1.bin'}",
    ]


@pytest.mark.row("S2-13", "S2-26")
def test_what_is_to_be_kept_stays_and_what_went_comes_back(models):
    ai = AsposeAI()
    assert ai.clean(keep=["old_fr*"]) == []
    assert ai.clean() == ["old_fr_ocr_v1.bin"]
    assert ai.list_local() == ["en_ocr_v1.bin"]

    assert ai.restore("old_fr_ocr_v1.bin") == models / "old_fr_ocr_v1.bin"
    assert ai.list_local() == ["en_ocr_v1.bin", "old_fr_ocr_v1.bin"]
    with pytest.raises(ModelError, match="the trash holds no"):
        ai.restore("nothing")


@pytest.mark.row("S2-16")
def test_used_after_it_was_freed_it_raises(models):
    ai = AsposeAI()
    ai.free_resources()
    ai.free_resources()
    for call in (ai.list_local, ai.get_local_path, ai.audit, ai.clean):
        with pytest.raises(ResourceReleasedError, match="make a new one") as caught:
            call()
        assert isinstance(caught.value, ClosedError)


@pytest.mark.row("S2-15", "S2-19", "S2-27", "S2-34")
def test_no_file_stays_open_and_the_folder_can_be_renamed(models):
    for _ in range(20):
        with AsposeAI() as ai:
            assert ai.list_local()
            held = ai
        gc.collect()
        files = Path("/proc/self/fd")  # where there is such a thing; the folder is renamed everywhere
        opened = [os.readlink(each) for each in files.glob("*") if each.is_symlink()]  # noqa: PTH115
        assert not [path for path in opened if path.startswith(str(models))]
        del held
    models.rename(models.with_name("renamed"))


@pytest.mark.row("S2-24")
def test_files_can_be_deleted_while_an_instance_is_alive(models):
    ai = AsposeAI()
    for name in ai.list_local():
        (models / name).unlink()
    assert ai.list_local() == []


@pytest.mark.row("S2-25")
def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(AttributeError, match="list_local, get_local_path"):
        _ = AsposeAI().list_locals
    with pytest.raises(TypeError):
        AsposeAI(models="config")


@pytest.mark.row("S2-18", "S2-27", "S2-32")
def test_engines_that_are_let_go_of_give_their_memory_back(receipt, run_python):
    """Eight engines, each reads and is let go of; the process grows no more after the third."""
    grown = run_python(f"""
import resource
import inkread.dialects.aspose_ocr as ocr

def one():
    with ocr.OcrEngine() as engine, ocr.OcrImage.from_file({str(receipt)!r}) as picture:
        assert "QuickMart" in engine.recognize(picture).text
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

sizes = [one() for _ in range(8)]
print(sizes[-1] - sizes[2])
""")
    assert int(grown) < 40  # MiB; one engine takes some 200
