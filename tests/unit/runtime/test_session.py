import numpy as np
import pytest

from inkread.errors import ClosedError, DeviceError
from inkread.runtime.session import Device, FakeSession, Session

BATCH = np.zeros((2, 48, 96, 3), np.uint8)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("cpu", Device("cpu")),
        ("auto", Device("auto")),
        ("gpu", Device("gpu")),
        ("gpu:0", Device("gpu", (0,))),
        ("gpu:1,2", Device("gpu", (1, 2))),
        ("npu:0", Device("npu", (0,))),
        ("xpu", Device("xpu")),
        ("mlu:0", Device("mlu", (0,))),
        ("cpu:0", Device("cpu", (0,))),
        (" GPU:1 ", Device("gpu", (1,))),
    ],
)
@pytest.mark.row("S4-23", "S4-87")
def test_a_device_is_a_kind_and_indexes(text, device):
    """S0-10, S4-23, S4-87, X-34: one grammar of devices, counted from 0."""
    assert Device.parse(text) == device


@pytest.mark.parametrize("text", ["cpu", "auto", "gpu:0", "gpu:1,2", "npu:0"])
def test_a_device_is_written_as_it_is_read(text):
    assert str(Device.parse(text)) == text


@pytest.mark.parametrize("text", ["", "gpu:", "gpu:a", "gpu:-1", "gpu:1,", "gpu:1;2", "gpu 1", "0", "gpu:1234"])
def test_what_is_no_device_is_answered_with_the_form(text):
    with pytest.raises(DeviceError, match="is not a device: write auto, cpu, gpu:0"):
        Device.parse(text)


def test_an_unknown_kind_is_answered_with_the_nearest():
    with pytest.raises(DeviceError, match=r'no kind of device "gpus": did you mean "gpu"\?'):
        Device.parse("gpus:0")


@pytest.mark.parametrize("text", ["gpu:1,1", "gpu:01,1"])
def test_a_device_is_named_once(text):
    with pytest.raises(DeviceError, match="names a device twice"):
        Device.parse(text)


@pytest.mark.parametrize("text", ["cpu:1", "auto:2", "cpu:0,1"])
def test_there_is_one_processor(text):
    with pytest.raises(DeviceError, match="there is one"):
        Device.parse(text)


def test_a_fake_session_is_a_session():
    assert isinstance(FakeSession(lambda batch: np.zeros(1, np.float32)), Session)


def test_a_fake_session_answers_and_remembers_the_shapes():
    session = FakeSession(lambda batch: np.full((len(batch), 1), 7, np.float32))
    outputs = list(session.run_many([BATCH, BATCH[:1]]))
    assert [output.shape for output in outputs] == [(2, 1), (1, 1)]
    assert session.shapes == [(2, 48, 96, 3), (1, 48, 96, 3)]


def test_a_closed_fake_session_says_so():
    session = FakeSession(lambda batch: np.zeros(1, np.float32))
    session.close()
    session.close()
    with pytest.raises(ClosedError, match="open a new Reader"):
        session.run(BATCH)
