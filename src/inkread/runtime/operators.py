"""What the operators of a network do, in torch: one function each, and the table of them.

Each takes a node's inputs, None where an optional one is left out, and its attributes, and returns its one output.
Inputs that are constants of a single number come as Python numbers, whole numbers as tensors on the processor: shapes
are arithmetic, which no accelerator should wait for.  https://onnx.ai/onnx/operators says what each must do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # the name that all of torch's users know it by
from torch import Tensor

Inputs = Sequence[Any]
Attributes = Mapping[str, Any]
Operator = Callable[[Inputs, Attributes], Any]

# ONNX's number of each type of element that casts occur to.
_TYPES: Final = {
    1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16, 11: torch.float64,
    16: torch.bfloat16,
}  # fmt: skip
# Where a window hangs over the edge, a maximum takes no part of what is outside.
_NOTHING: Final = float("-inf")


def _conv(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = _three(inputs)
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    x, padding = _padded(x, list(weight.shape[2:]), strides, dilations, attributes, 0.0)
    bias = None if bias is None else bias.flatten()
    return F.conv2d(x, weight, bias, strides, padding, dilations, attributes.get("group", 1))


def _conv_transpose(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = _three(inputs)
    pads = attributes.get("pads", [0, 0, 0, 0])
    bias = None if bias is None else torch.as_tensor(bias, device=x.device).flatten()
    return F.conv_transpose2d(
        x, weight, bias, attributes.get("strides", [1, 1]), pads[:2], attributes.get("output_padding", [0, 0]),
        attributes.get("group", 1), attributes.get("dilations", [1, 1]),
    )  # fmt: skip


def _max_pool(inputs: Inputs, attributes: Attributes) -> Tensor:
    kernel, strides = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    dilations = attributes.get("dilations", [1, 1])
    x, padding = _padded(inputs[0], kernel, strides, dilations, attributes, _NOTHING)
    return F.max_pool2d(x, kernel, strides, padding, dilations, bool(attributes.get("ceil_mode", 0)))


def _average_pool(inputs: Inputs, attributes: Attributes) -> Tensor:
    kernel, strides = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    counts_edge = bool(attributes.get("count_include_pad", 0))
    pads = attributes.get("pads", [0, 0, 0, 0])
    if attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID") and pads[:2] == pads[2:]:
        ceil = bool(attributes.get("ceil_mode", 0))
        return F.avg_pool2d(inputs[0], kernel, strides, pads[:2], ceil, counts_edge)
    x, _ = _padded(inputs[0], kernel, strides, [1, 1], attributes, 0.0, always=True)
    mean = F.avg_pool2d(x, kernel, strides)
    if counts_edge:
        return mean
    inside, _ = _padded(torch.ones_like(inputs[0][:1, :1]), kernel, strides, [1, 1], attributes, 0.0, always=True)
    return mean / F.avg_pool2d(inside, kernel, strides)


def _padded(
    x: Tensor,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    attributes: Attributes,
    value: float,
    *,
    always: bool = False,
) -> tuple[Tensor, list[int]]:
    """Return a picture, (N, C, H, W), and the padding that is left to the operator, the same on opposite sides."""
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    how = attributes.get("auto_pad", "NOTSET")
    if how in ("SAME_UPPER", "SAME_LOWER"):
        both = []
        for size, window, step, spread in zip(x.shape[2:], kernel, strides, dilations, strict=True):
            total = max((-(-size // step) - 1) * step + (window - 1) * spread + 1 - size, 0)
            less = total // 2
            both.append((less, total - less) if how == "SAME_UPPER" else (total - less, less))
        (top, bottom), (left, right) = both
    if (top, left) == (bottom, right) and not always:
        return x, [top, left]
    return F.pad(x, (left, right, top, bottom), value=value), [0, 0]


def _batch_norm(inputs: Inputs, attributes: Attributes) -> Tensor:
    # The statistics stay what they were: batches of a fine-tuning are too small to measure them anew.
    x, scale, shift, mean, variance = inputs[:5]
    return F.batch_norm(x, mean, variance, scale, shift, False, 0.0, attributes.get("epsilon", 1e-5))


def _layer_norm(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = _three(inputs)
    axis = attributes.get("axis", -1) % x.dim()
    return F.layer_norm(x, x.shape[axis:], weight, bias, attributes.get("epsilon", 1e-5))


def _gelu(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.gelu(inputs[0], approximate=attributes.get("approximate", "none"))


def _linear(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = _three(inputs)
    return F.linear(x, weight.t(), bias)


def _gemm(inputs: Inputs, attributes: Attributes) -> Tensor:
    a, b, c = _three(inputs)
    a = a.t() if attributes.get("transA", 0) else a
    b = b.t() if attributes.get("transB", 0) else b
    product = torch.matmul(a, b) * float(attributes.get("alpha", 1.0))
    return product if c is None else product + c * float(attributes.get("beta", 1.0))


def _pow(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.pow(inputs[0], inputs[1])


def _clip(inputs: Inputs, attributes: Attributes) -> Tensor:
    least = inputs[1] if len(inputs) > 1 else attributes.get("min")
    most = inputs[2] if len(inputs) > 2 else attributes.get("max")
    return torch.clamp(inputs[0], least, most)


def _hard_sigmoid(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.clamp(inputs[0] * attributes.get("alpha", 0.2) + attributes.get("beta", 0.5), 0, 1)


def _leaky_relu(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.leaky_relu(inputs[0], attributes.get("alpha", 0.01))


def _softmax(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.softmax(inputs[0], attributes.get("axis", -1))


def _reduce(function: Callable[..., Tensor]) -> Operator:
    def reduced(inputs: Inputs, attributes: Attributes) -> Tensor:
        axes = _axes(inputs, attributes) or list(range(inputs[0].dim()))
        return function(inputs[0], dim=tuple(axes), keepdim=bool(attributes.get("keepdims", 1)))

    return reduced


def _global_mean(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.as_tensor(inputs[0].mean((2, 3), keepdim=True))


def _matmul(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.matmul(inputs[0], inputs[1])


def _transpose(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    return x.permute(attributes.get("perm", list(range(x.dim()))[::-1]))


def _reshape(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = _tensor(inputs[0])
    wanted = _numbers(inputs[1])
    if not attributes.get("allowzero", 0):
        wanted = [x.shape[k] if size == 0 else size for k, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(inputs: Inputs, attributes: Attributes) -> Tensor:
    axis = attributes.get("axis", 1)
    x: Tensor = inputs[0]
    return x.flatten(axis) if axis == 1 else x.reshape(int(torch.tensor(x.shape[:axis]).prod()), -1)


def _concat(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.cat([_tensor(each) for each in inputs], attributes["axis"])


def _shape(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.tensor(inputs[0].shape)[attributes.get("start", 0) : attributes.get("end")]


def _slice(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    if len(inputs) > 1:
        starts, ends = _numbers(inputs[1]), _numbers(inputs[2])
        axes = _numbers(inputs[3]) if len(inputs) > 3 and inputs[3] is not None else list(range(len(starts)))
        steps = _numbers(inputs[4]) if len(inputs) > 4 and inputs[4] is not None else [1] * len(starts)
    else:  # before opset 10
        starts, ends = list(attributes["starts"]), list(attributes["ends"])
        axes, steps = list(attributes.get("axes", range(len(starts)))), [1] * len(starts)
    where = [slice(None)] * x.dim()
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 1:
            raise ValueError("a step backwards")
        where[axis] = slice(start, end, step)
    return x[tuple(where)]


def _split(inputs: Inputs, attributes: Attributes) -> tuple[Tensor, ...]:
    x: Tensor = inputs[0]
    axis = attributes.get("axis", 0)
    sizes = _numbers(inputs[1]) if len(inputs) > 1 and inputs[1] is not None else list(attributes.get("split", ()))
    return torch.split(x, sizes or x.shape[axis] // attributes["num_outputs"], axis)


def _squeeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    axes = _axes(inputs, attributes)
    return x.squeeze(tuple(axes)) if axes else x.squeeze()


def _unsqueeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    x = _tensor(inputs[0])
    axes = _axes(inputs, attributes)
    for axis in sorted(each % (x.dim() + len(axes)) for each in axes):
        x = x.unsqueeze(axis)
    return x


def _gather(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    index = torch.as_tensor(inputs[1], device=x.device)
    axis = attributes.get("axis", 0)
    found = x.index_select(axis, index.flatten() % x.shape[axis])
    return found.reshape(*x.shape[:axis], *index.shape, *x.shape[axis:][1:])


def _expand(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    wanted = _numbers(inputs[1])
    # A size of 1 leaves what is there.
    full = [1] * (len(wanted) - x.dim()) + list(x.shape)
    return x.reshape(full).expand([max(pair) for pair in zip(full, wanted, strict=True)])


def _pad(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    pads = _numbers(inputs[1]) if len(inputs) > 1 else list(attributes["pads"])
    value = inputs[2] if len(inputs) > 2 and inputs[2] is not None else attributes.get("value", 0.0)
    mode = attributes.get("mode", "constant")
    if mode != "constant":
        raise ValueError(f"the mode {mode}")
    half = len(pads) // 2
    order = [side for axis in reversed(range(half)) for side in (pads[axis], pads[half + axis])]
    return F.pad(x, order, value=float(value))


def _resize(inputs: Inputs, attributes: Attributes) -> Tensor:
    x: Tensor = inputs[0]
    mode = attributes.get("mode", "nearest")
    where = attributes.get("coordinate_transformation_mode", "half_pixel")
    size = _resized(x, inputs)
    if mode == "nearest" and where == "asymmetric" and attributes.get("nearest_mode", "round_prefer_floor") == "floor":
        return F.interpolate(x, size, mode="nearest")
    if mode == "linear" and where in ("half_pixel", "pytorch_half_pixel"):
        return F.interpolate(x, size, mode="bilinear", align_corners=False)
    if mode == "linear" and where == "align_corners":
        return F.interpolate(x, size, mode="bilinear", align_corners=True)
    raise ValueError(f"the mode {mode} with {where}")


def _resized(x: Tensor, inputs: Inputs) -> list[int]:
    if len(inputs) > 3 and inputs[3] is not None:
        return _numbers(inputs[3])[2:]
    scales = [float(each) for each in inputs[2].tolist()]
    return [int(size * scale) for size, scale in zip(x.shape[2:], scales[2:], strict=True)]


def _cast(inputs: Inputs, attributes: Attributes) -> Tensor:
    kind = attributes["to"]
    if kind not in _TYPES:
        raise ValueError(f"type {kind}")
    x = _tensor(inputs[0])
    # Under autocast the network computes in half precision: a cast to float32 inside it is not one back.
    return x if x.is_floating_point() and kind == 1 else x.to(_TYPES[kind])


def _constant_of_shape(inputs: Inputs, attributes: Attributes) -> Tensor:
    value = np.asarray(attributes.get("value", np.zeros(1, np.float32)))
    return torch.full(_numbers(inputs[0]), value.item(), dtype=torch.from_numpy(np.array(value)).dtype)


def _of_two(function: Callable[[Any, Any], Any]) -> Operator:
    def of_two(inputs: Inputs, attributes: Attributes) -> Any:
        return function(inputs[0], inputs[1])

    return of_two


def _of_one(function: Callable[[Tensor], Tensor]) -> Operator:
    def of_one(inputs: Inputs, attributes: Attributes) -> Tensor:
        return function(inputs[0])

    return of_one


def _divided(a: Any, b: Any) -> Any:
    is_whole = isinstance(a, Tensor) and isinstance(b, Tensor) and not a.is_floating_point()
    return torch.div(a, b, rounding_mode="trunc") if is_whole else a / b


def _three(inputs: Inputs) -> tuple[Tensor, Tensor, Tensor | None]:
    return inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value)


def _numbers(value: Any) -> list[int]:
    return [int(each) for each in _tensor(value).flatten().tolist()]


def _axes(inputs: Inputs, attributes: Attributes) -> list[int]:
    """Return the axes, which newer files give as an input and older ones as an attribute."""
    if len(inputs) > 1 and inputs[1] is not None:
        return _numbers(inputs[1])
    return list(attributes.get("axes", ()))


OPERATORS: Final[Mapping[str, Operator]] = {
    "Abs": _of_one(torch.abs),
    "Add": _of_two(lambda a, b: a + b),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Div": _of_two(_divided),
    "Erf": _of_one(torch.erf),
    "Exp": _of_one(torch.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": _global_mean,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _of_one(F.hardswish),
    "Identity": _of_one(lambda x: x),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _leaky_relu,
    "Log": _of_one(torch.log),
    "MatMul": _matmul,
    "MaxPool": _max_pool,
    "Mul": _of_two(lambda a, b: a * b),
    "Neg": _of_one(torch.neg),
    "Pad": _pad,
    "Pow": _pow,
    "ReduceMax": _reduce(torch.amax),
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "Relu": _of_one(F.relu),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": _shape,
    "Sigmoid": _of_one(torch.sigmoid),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _of_one(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _of_two(lambda a, b: a - b),
    "Tanh": _of_one(torch.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    # Not ONNX's: what several of its operators are together.
    "Linear": _linear,
    "Silu": _of_one(F.silu),
}
