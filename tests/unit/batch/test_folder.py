"""The folder of a batch: one run at a time, one configuration, and no line half believed."""

import json
from pathlib import Path

import pytest

from inkread.batch.folder import DoneFile, Folder, Lines, PlanFile, opened
from inkread.batch.records import PageRecord
from inkread.batch.work import Known, Part, PartDone, Slice
from inkread.errors import DamagedInputError, OutputError

SETTINGS = {"options": {"language": ["en"], "runtime": {"device": "cpu"}}, "formats": []}
PART = Part(1, (Slice(Known("a.pdf", "0" * 64, 5), 2, 4),))
RECORD = PageRecord("k", "0" * 64, 1, "a.pdf", error=("DamagedInputError", "it is torn"))


def use(path: Path, configuration: str = "c", settings: dict = SETTINGS, *, resume: bool = True) -> Folder:
    folder = Folder(path)
    with opened(folder, configuration, settings, resume=resume):
        return folder


def test_two_runs_never_write_into_one_folder(tmp_path):
    first = opened(Folder(tmp_path / "out"), "c", SETTINGS, resume=False)
    with first, pytest.raises(OutputError, match="another run is writing"):
        use(tmp_path / "out")
    use(tmp_path / "out")


def test_results_of_another_configuration_are_refused_by_name(tmp_path):
    use(tmp_path, "c").write_part(1, [RECORD])
    other = {"options": {"language": ["de"], "runtime": {"device": "cpu"}}, "formats": ["text"]}
    with pytest.raises(OutputError, match=r"another configuration \(formats, language\)"):
        use(tmp_path, "d", other)
    with pytest.raises(OutputError, match="the version of inkread"):
        use(tmp_path, "d")
    use(tmp_path, "c")


def test_results_are_gone_on_with_only_when_asked(tmp_path):
    use(tmp_path, resume=False).write_part(1, [RECORD])
    with pytest.raises(OutputError, match="holds results already: go on with --resume"):
        use(tmp_path, resume=False)


def test_a_folder_of_a_run_that_read_nothing_is_free(tmp_path):
    """Its inputs were not there, or its cluster: the next run is not told of results that nobody has read."""
    PlanFile(use(tmp_path, "c", resume=False)).add(PART)
    (tmp_path / "report.json").write_text("{}")
    other = {**SETTINGS, "formats": ["text"]}
    folder = use(tmp_path, "d", other, resume=False)
    assert list(PlanFile(folder).read()) == []
    folder.write_part(1, [RECORD])
    assert json.loads((tmp_path / "inkread-batch.json").read_text())["formats"] == ["text"]
    with pytest.raises(OutputError, match="another configuration"):
        use(tmp_path, "c")


def test_a_plan_of_which_nothing_was_read_is_gone_on_with_when_asked(tmp_path):
    PlanFile(use(tmp_path)).add(PART)
    assert list(PlanFile(use(tmp_path)).read()) == [PART]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r'holds other files \("mine.txt"\)'):
        use(tmp_path)
    (tmp_path / "inkread-batch.json").write_text("{}")
    with pytest.raises(OutputError, match="does not say"):
        use(tmp_path)
    (tmp_path / "inkread-batch.json").write_text('{"inkread": "batch", "version": 9, "configuration": "c"}')
    with pytest.raises(OutputError, match="another version"):
        use(tmp_path)
    with pytest.raises(OutputError, match="cannot be used"):
        use(tmp_path / "mine.txt" / "out")


def test_what_a_killed_run_left_is_taken_away(tmp_path):
    folder = use(tmp_path)
    folder.write_part(1, [RECORD])
    lying = [folder.part_path(1).parent / ".inkread-0.tmp", folder.begun_path(1), folder.stop_path]
    kept = folder.begun_path(2)
    for each in (*lying, kept):
        each.parent.mkdir(exist_ok=True)
        each.touch()
    use(tmp_path)
    assert not any(each.exists() for each in lying)
    assert kept.exists()
    assert folder.read_part(1) == [RECORD]


def test_a_line_that_was_cut_off_is_taken_away(tmp_path):
    path = tmp_path / "lines"
    for each in ({"a": 1}, {"b": "x" * 70_000}):
        Lines(path).add(each)
    whole = path.read_bytes()
    for cut in (1, 5, 66_000, len(whole) - 3):
        path.write_bytes(whole[:-cut])
        lines = Lines(path)
        lines.add({"c": 3})
        assert list(lines.read())[-1] == {"c": 3}
        assert list(lines.read())[:-1] == ([{"a": 1}] if cut < len(whole) - 8 else [])


def test_plan_and_summaries_come_back(tmp_path):
    folder = use(tmp_path)
    same = Known("b.pdf", "0" * 64, 5)
    for each in (PART, same):
        PlanFile(folder).add(each)
    assert list(PlanFile(folder).read()) == [PART, same]
    for read in (1, 2):
        DoneFile(folder).add(PartDone(1, read=read))
    assert DoneFile(folder).read() == {1: PartDone(1, read=2)}


def test_a_damaged_plan_is_told_and_a_damaged_part_by_name(tmp_path):
    folder = use(tmp_path)
    (tmp_path / "plan.jsonl").write_text(json.dumps({"part": "x"}) + "\n")
    with pytest.raises(DamagedInputError, match=r"plan.jsonl. is damaged"):
        list(PlanFile(folder).read())
    folder.write_part(3, [RECORD])
    folder.part_path(3).write_bytes(b"{}\n")
    with pytest.raises(DamagedInputError, match="part-000000003"):
        folder.read_part(3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_what_to_do(tmp_path):
    (tmp_path / "plan.jsonl").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"No space left.*free some space, and go on with --resume"):
        PlanFile(Folder(tmp_path)).add(PART)
