"""What the compile cache depends on, and what a network computes with."""

import numpy as np
import pytest

ov = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset13")

from inkread.options import RuntimeOptions  # noqa: E402
from inkread.registry.catalog import load_catalog  # noqa: E402
from inkread.registry.store import Store  # noqa: E402
from inkread.runtime import openvino  # noqa: E402
from inkread.runtime.open import open_session  # noqa: E402
from inkread.runtime.session import Network  # noqa: E402


def names(model: "ov.Model") -> list[object]:
    nodes: list[object] = [node.get_friendly_name() for node in model.get_ordered_ops()]
    return nodes + [sorted(end.get_tensor().get_names()) for end in (*model.inputs, *model.outputs)]


def prepared(network: Network) -> "ov.Model":
    return openvino._named_alike(openvino._model(network, "f32", "f32"))


@pytest.mark.parametrize("part", ["narrow", "head", "detector"])
def test_a_networks_names_do_not_tell_what_was_opened_before_it(part):
    card = load_catalog().default("detection" if part == "detector" else "recognition")
    network = Network(Store().find(card), classes=(0, 1, 2) if part == "narrow" else (), is_head=part == "head")
    first = names(prepared(network))
    op.parameter([1], np.float32)  # one more node for the process to count
    assert names(prepared(network)) == first


RANGES = (("layer", 0.0, 1.0),)


@pytest.mark.parametrize(
    ("precision", "ranges", "has_products", "numbers"),
    [
        ("f32", RANGES, True, "f32"),
        ("bf16", RANGES, True, "bf16"),
        ("int8", RANGES, False, "int8"),
        ("int8", (), True, "f32"),
        ("auto", RANGES, True, "int8"),
        ("auto", RANGES, False, "f32"),
        ("auto", (), True, "f32"),
    ],
)
def test_8_bits_are_for_networks_that_were_measured(tmp_path, monkeypatch, precision, ranges, has_products, numbers):
    monkeypatch.setattr(openvino, "has_bf16", lambda: False)
    monkeypatch.setattr(openvino, "has_8_bit_products", lambda: has_products)
    assert openvino._numbers(Network(tmp_path, ranges=ranges), "CPU", precision) == numbers


def test_bf16_where_the_processor_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(openvino, "has_bf16", lambda: True)
    assert openvino._numbers(Network(tmp_path), "CPU", "auto") == "bf16"
    assert openvino._numbers(Network(tmp_path), "GPU.0", "auto") == "f32"


@pytest.mark.parametrize(("limit", "allowed"), [("", True), ("ALL", True), ("AVX2", False), ("AVX512_CORE", False)])
def test_what_instructions_are_limited_to_is_obeyed(monkeypatch, limit, allowed):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert not openvino.has_bf16() or allowed
    assert not openvino.has_8_bit_products() or allowed


def test_an_output_is_copied_before_its_request_is_given_to_another_thread(monkeypatch):
    card = load_catalog().default("classification")
    session = open_session(Network(Store().find(card)), RuntimeOptions(threads=1), streams=True)
    give_back = openvino.OpenVinoSession._give_back

    def overwritten(self: openvino.OpenVinoSession, request: "ov.InferRequest") -> None:
        request.get_output_tensor(0).data[...] = -1  # as the next one to use it does
        give_back(self, request)

    monkeypatch.setattr(openvino.OpenVinoSession, "_give_back", overwritten)
    output = session.run(np.full((1, 48, 192, 3), 128, np.uint8))
    session.close()
    assert output.sum() == pytest.approx(1, abs=0.01)
