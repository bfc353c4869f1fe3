from __future__ import annotations

import numpy as np
import pytest
from conditions import BenchmarkError
from network_cost import cost_of

ov = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset13")

ONES = [1, 1]


def weights(*shape: int):
    return op.constant(np.ones(shape, np.float32))


def test_a_convolution_costs_its_kernel_for_each_output_value():
    picture = op.parameter([-1, 3, -1, -1], ov.Type.f32)
    model = ov.Model([op.convolution(picture, weights(8, 3, 3, 3), [2, 2], ONES, ONES, ONES)], [picture], "m")
    cost = cost_of(model, [1, 3, 10, 10])
    assert cost.macs == 8 * 5 * 5 * 3 * 3 * 3
    assert (cost.weights, cost.activations) == (8 * 3 * 3 * 3, 8 * 5 * 5)
    assert cost.kinds == {"3x3": cost.macs}
    assert cost.gflop == 2 * cost.macs / 1e9
    assert cost.megabytes(2) == (cost.weights * 2 / 1e6, cost.activations * 4 / 1e6)


def test_a_grouped_convolution_costs_its_own_channels_only():
    picture = op.parameter([1, 4, 6, 6], ov.Type.f32)
    layer = op.group_convolution(picture, weights(4, 1, 1, 7, 7), ONES, [3, 3], [3, 3], ONES)
    cost = cost_of(ov.Model([layer], [picture], "m"), [1, 4, 6, 6])
    assert cost.kinds == {"grouped 7x7": 4 * 6 * 6 * 49}


def test_a_transposed_convolution_costs_its_kernel_for_each_input_value():
    picture = op.parameter([1, 4, 5, 5], ov.Type.f32)
    layer = op.convolution_backprop_data(picture, weights(4, 2, 2, 2), [2, 2])
    cost = cost_of(ov.Model([layer], [picture], "m"), [1, 4, 5, 5])
    assert cost.kinds == {"transposed": 4 * 5 * 5 * 2 * 2 * 2}
    assert cost.activations == 2 * 10 * 10


@pytest.mark.parametrize("transposed", [False, True])
def test_a_matrix_product_costs_its_inner_side_and_counts_constant_weights(transposed):
    rows = op.parameter([1, 6, 5] if transposed else [1, 5, 6], ov.Type.f32)
    model = ov.Model([op.matmul(rows, weights(6, 7), transposed, False)], [rows], "m")
    cost = cost_of(model, rows.output(0).get_partial_shape().to_shape())
    assert cost.kinds == {"matrix product": 5 * 7 * 6}
    assert cost.weights == 42


def test_a_batch_that_the_graph_lost_sight_of_is_one():
    picture = op.parameter([-1, 4, 5], ov.Type.f32)
    places = op.convert(op.transpose(op.non_zero(picture), op.constant([1, 0])), "f32")  # (unknown, 3)
    cost = cost_of(ov.Model([op.matmul(places, weights(3, 7), False, False)], [picture], "m"), [1, 4, 5])
    assert cost.macs == 3 * 7


def test_any_other_size_that_the_graph_does_not_tell_is_an_error():
    picture = op.parameter([-1, 4, 5], ov.Type.f32)
    places = op.convert(op.transpose(op.non_zero(picture), op.constant([1, 0])), "f32")
    rows = op.unsqueeze(places, op.constant([0]))  # (1, unknown, 3)
    with pytest.raises(BenchmarkError, match="is not known"):
        cost_of(ov.Model([op.matmul(rows, weights(3, 7), False, False)], [picture], "m"), [1, 4, 5])
