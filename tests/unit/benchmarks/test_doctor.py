"""The seeded faults: a short form, one of each sort; the long form is scripts/bench doctor."""

import doctor
import pytest
import seeded_faults
from seeded_faults import Seed, good_pages, seeds

SHORT = (
    "upside down",
    "pale, 45 of 255",
    "German as English",
    "a layer that lies",
    "an empty file",
    "a minimum of confidence",
    "a container with half a processor",
)


@pytest.fixture
def faults(monkeypatch) -> list[Seed]:
    if not seeded_faults.DEJAVU.is_file():
        pytest.skip("needs fonts-dejavu")
    return seeds()


def test_there_are_forty_faults_of_different_names(faults):
    assert len({fault.name for fault in faults}) == len(faults) >= 40


def test_one_fault_of_each_sort_is_told(faults):
    chosen = [fault for fault in faults if fault.name in SHORT]
    assert len(chosen) == len(SHORT)
    told = doctor.tell(chosen, good_pages(), lambda text: None)
    assert [fault["name"] for fault in told if not fault["is_told"]] == []


def test_what_is_missed_and_what_is_a_false_alarm_is_shown(conditions):
    faults = [
        {"name": "upside down", "expected": ["turned"], "told": ["turned"], "is_told": True},
        {"name": "grain", "expected": ["noisy"], "told": [], "is_told": False},
    ]
    alarms = {"sroie": {"pages": 5, "told": [["pale", "noisy"], ["pale"]]}}
    text = doctor.render({**conditions, "faults": faults, "alarms": alarms})
    assert "Told: 1 of 2 faults, 50 % (at least 80 %): missed" in text
    assert "| grain | noisy | nothing |" in text
    assert "| sroie | 5 | 2 | pale 2, noisy 1 |" in text
