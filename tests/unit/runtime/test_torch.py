import logging
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_networks import recognizer

from inkread.errors import ClosedError, DeviceError, ModelError
from inkread.options import RuntimeOptions
from inkread.registry.store import Store
from inkread.runtime import torch as adapter
from inkread.runtime.open import choose_engine, engines, open_session
from inkread.runtime.session import Device, Network, Session
from inkread.runtime.torch import NoRoomError, TorchSession, open_torch, torch_device

PICTURES = np.random.default_rng(0).integers(0, 255, (7, 48, 96, 3), dtype=np.uint8)


class FakePlace:
    """A device that doubles what it is given; it has no room at the calls that are named, or for what is too large."""

    def __init__(self, name="gpu:0", *, no_room_at=(), room=10**12, fails_at=None):
        self.name, self._no_room_at, self._room, self._fails_at = name, no_room_at, room, fails_at
        self.calls = []

    def compute(self, batch):
        self.calls.append(len(batch))
        if len(self.calls) == self._fails_at:
            raise DeviceError(f"{self.name} has failed: unspecified launch failure")
        if len(self.calls) in self._no_room_at or batch.size > self._room:
            raise NoRoomError("out of memory")
        return batch.astype(np.float32) * 2


def expected():
    return PICTURES.astype(np.float32) * 2


def no_spare():
    raise AssertionError("nothing should spill")


@pytest.mark.row("S0-15")
@pytest.mark.parametrize("call", [1, 2, 3])
def test_where_there_is_no_room_once_the_work_is_cut_and_the_answer_is_the_same(call):
    place = FakePlace(no_room_at=(call,))
    session = TorchSession([place], no_spare)
    for _ in range(3):
        assert np.array_equal(session.run(PICTURES), expected())
    assert max(place.calls[call:]) < 7  # what had no room is not tried again
    assert session.spilled == 0


@pytest.mark.row("S0-15")
def test_what_fits_nowhere_is_computed_by_the_processor_with_one_warning(caplog):
    place, spare = FakePlace(room=100), FakePlace("cpu")
    session = TorchSession([place], lambda: spare)
    with caplog.at_level(logging.WARNING, "inkread"):
        assert np.array_equal(session.run(PICTURES), expected())
        assert np.array_equal(session.run(PICTURES[:1]), expected()[:1])
    assert session.spilled == 8
    assert [record.getMessage() for record in caplog.records] == [
        "gpu:0 has no room for a picture of 96 x 48 px: it and such others are computed by the processor"
    ]
    assert place.calls == [7, 3, 1]


def test_where_the_processor_has_no_room_either_it_is_told():
    session = TorchSession([FakePlace(room=1)], lambda: FakePlace("cpu", room=1))
    with pytest.raises(ModelError, match=r"neither gpu:0 nor the processor has room for a picture of 96 x 48 px"):
        session.run(PICTURES)


def test_a_device_that_fails_is_an_error_of_its_own():
    session = TorchSession([FakePlace(fails_at=1)], no_spare)
    with pytest.raises(DeviceError, match="gpu:0 has failed"):
        session.run(PICTURES)


@pytest.mark.row("S0-45")
def test_several_devices_share_the_pages_and_order_is_kept():
    places = [FakePlace("gpu:0"), FakePlace("gpu:1")]
    session = TorchSession(places, no_spare)
    batches = [np.full((1, 48, 8 * (k + 1), 3), k, np.uint8) for k in range(20)]
    outputs = list(session.run_many(batches))
    assert [float(output.max()) for output in outputs] == [2.0 * k for k in range(20)]
    assert all(place.calls for place in places)
    assert sum(map(sum, (place.calls for place in places))) == 20


@pytest.mark.row("S0-41")
def test_a_device_computes_one_batch_at_a_time_however_many_ask():
    class Counting(FakePlace):
        now = most = 0

        def compute(self, batch):
            self.now += 1
            self.most = max(self.most, self.now)
            time.sleep(0.002)
            self.now -= 1
            return super().compute(batch)

    places = [Counting("gpu:0"), Counting("gpu:1")]
    session = TorchSession(places, no_spare)
    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(session.run, [PICTURES] * 24))
    assert all(np.array_equal(output, expected()) for output in outputs)
    assert [place.most for place in places] == [1, 1]


@pytest.mark.row("S0-14")
def test_torch_is_held_to_the_share_of_a_card_that_the_bound_is(tmp_path, monkeypatch):
    shares = []
    card = SimpleNamespace(total_memory=8 << 30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda share, device: shares.append((share, device))
    )
    monkeypatch.setattr(torch.nn.Module, "to", lambda module, *place, **layout: module)  # no such card is here
    network = Network(recognizer(tmp_path / "r.onnx"))
    adapter.TorchPlace(network, torch.device("cuda", 1), "f32", 1024)
    assert shares == [(0.125, torch.device("cuda", 1))]
    adapter.TorchPlace(network, torch.device("cuda", 0), "f32", None)
    assert len(shares) == 1  # without a bound all of it may be taken


def test_pictures_of_one_size_are_computed_together():
    place = FakePlace()
    outputs = list(TorchSession([place], no_spare).run_many([PICTURES[k : k + 1] for k in range(7)] * 3))
    assert place.calls == [16, 5]
    assert np.array_equal(np.concatenate(outputs), np.concatenate([expected()] * 3))


def test_a_closed_session_says_so():
    session = TorchSession([FakePlace()], no_spare)
    session.close()
    session.close()
    with pytest.raises(ClosedError):
        session.run(PICTURES)


def test_it_gives_what_the_usual_engine_gives():
    store = Store()
    card = store.catalog.default("recognition")
    network = Network(store.find(card), card.mean, card.std, card.is_bgr)
    own = open_torch(network, device=Device("cpu"), precision="f32")
    assert isinstance(own, Session)
    assert own.description == "torch cpu f32"
    options = RuntimeOptions(precision="f32", engine="onnx")
    other = open_session(network, options, streams=False)
    assert np.abs(own.run(PICTURES[:2]) - other.run(PICTURES[:2])).max() < 1e-3
    assert np.abs(next(own.run_many([PICTURES[:1]])) - other.run(PICTURES[:1])).max() < 1e-3


def test_a_reader_reads_with_torch():
    from PIL import Image, ImageDraw, ImageFont

    from inkread import Reader, ReaderOptions

    page = Image.new("RGB", (400, 80), "white")
    ImageDraw.Draw(page).text((20, 20), "Hello world", "black", ImageFont.load_default(32))
    with Reader(ReaderOptions(runtime=RuntimeOptions(engine="torch", precision="f32"))) as reader:
        assert reader.read(np.asarray(page)).text.strip() == "Hello world"
        assert "torch cpu f32" in reader.generator


def test_a_device_that_is_not_there_is_told_with_what_there_is(monkeypatch):
    monkeypatch.setattr(adapter, "_count", lambda kind: 2 if kind == "gpu" else 0)
    assert adapter.devices() == ("cpu", "gpu:0", "gpu:1")
    assert torch_device(Device("gpu", (1,)), 1) == torch.device("cuda", 1)
    with pytest.raises(DeviceError, match=r'no "gpu:3", there are 2 of it: available: cpu, gpu:0, gpu:1'):
        torch_device(Device("gpu", (3,)), 3)
    with pytest.raises(DeviceError, match='torch finds no "npu" here'):
        torch_device(Device("npu"))
    assert choose_engine(RuntimeOptions(device="gpu:1")) == "torch"
    monkeypatch.setattr(adapter, "_count", lambda kind: 0)
    with pytest.raises(DeviceError, match='no device "mlu:0" here'):
        choose_engine(RuntimeOptions(device="mlu:0"))


def test_the_processor_is_left_to_the_faster_engine():
    assert "torch" in engines()
    assert choose_engine(RuntimeOptions()) != "torch"


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), NoRoomError),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), NoRoomError),
        (RuntimeError("CUDA error: unspecified launch failure\nCompile with"), DeviceError),
        (RuntimeError("The size of tensor a must match"), ModelError),
    ],
)
def test_the_errors_of_torch_become_ours(raised, error):
    with pytest.raises(error), adapter._translated("gpu:0", "net.onnx"):
        raise raised


def test_8_bit_integers_are_refused(tmp_path):
    network = Network(recognizer(tmp_path / "r.onnx"))
    with pytest.raises(ModelError, match="no networks in 8-bit"):
        open_torch(network, device=Device("cpu"), precision="int8")
    assert open_torch(network, device=Device("cpu"), precision="bf16").run(PICTURES).shape == (7, 12, 22)
