"""Evaluates graphs of Halfstep in PyTorch.

`export-run.ts` writes a graph as a list of nodes: the name of an op, the positions of its inputs, its attributes. What the ops
mean is said in `src/engine/ops`; here they are one line each.
"""

import json
from typing import Callable, Mapping

import torch
import torch._inductor
import torch.nn.functional as F
from torch.fx.experimental.proxy_tensor import make_fx

Tensor = torch.Tensor


def _convolve(inputs: list[Tensor], a: dict) -> Tensor:
    bias = inputs[2] if len(inputs) == 3 else None
    return F.conv2d(inputs[0], inputs[1], bias, a["stride"], a["padding"], a["dilation"], a["groups"])


def _convolve_transposed(inputs: list[Tensor], a: dict) -> Tensor:
    y, kernel = inputs[:2]
    bias = inputs[2] if len(inputs) == 3 else None
    stride, padding, dilation = a["stride"], a["padding"], a["dilation"]
    extra = [
        a["size"][i] - ((y.shape[2 + i] - 1) * stride - 2 * padding + dilation * (kernel.shape[2 + i] - 1) + 1)
        for i in range(2)
    ]
    return F.conv_transpose2d(y, kernel, bias, stride, padding, extra, a["groups"], dilation)


def _kernel_gradient(inputs: list[Tensor], a: dict) -> Tensor:
    x, gradient = inputs
    kernel = x.new_empty([gradient.shape[1], x.shape[1] // a["groups"], *a["kernel"]])
    pair = lambda size: [size, size]
    return torch.ops.aten.convolution_backward(
        gradient, x, kernel, None, pair(a["stride"]), pair(a["padding"]), pair(a["dilation"]),
        False, [0, 0], a["groups"], [False, True, False],
    )[1]  # fmt: skip


def _multiply_matrices(inputs: list[Tensor], a: dict) -> Tensor:
    left, right = inputs
    return torch.matmul(left.mT if a["transposeA"] else left, right.mT if a["transposeB"] else right)


def _slice(inputs: list[Tensor], a: dict) -> Tensor:
    return inputs[0][tuple(slice(start, end) for start, end in zip(a["starts"], a["ends"]))]


def _pad(inputs: list[Tensor], a: dict) -> Tensor:
    widths = [width for pair in zip(reversed(a["before"]), reversed(a["after"])) for width in pair]
    return F.pad(inputs[0], widths)


def _unary(function: Callable[[Tensor], Tensor]) -> Callable[[list[Tensor], dict], Tensor]:
    return lambda inputs, _: function(inputs[0])


def _binary(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[list[Tensor], dict], Tensor]:
    return lambda inputs, _: function(inputs[0], inputs[1])


def _comparison(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[list[Tensor], dict], Tensor]:
    return lambda inputs, _: function(inputs[0], inputs[1]).to(torch.float32)


OPS: Mapping[str, Callable[[list[Tensor], dict], Tensor]] = {
    "add": _binary(torch.add),
    "subtract": _binary(torch.sub),
    "multiply": _binary(torch.mul),
    "divide": _binary(torch.div),
    "minimum": _binary(torch.minimum),
    "maximum": _binary(torch.maximum),
    "greater": _comparison(torch.gt),
    "greater-or-equal": _comparison(torch.ge),
    "less": _comparison(torch.lt),
    "less-or-equal": _comparison(torch.le),
    "equal": _comparison(torch.eq),
    "select": lambda inputs, _: torch.where(inputs[0] != 0, inputs[1], inputs[2]),
    "negate": _unary(torch.neg),
    "abs": _unary(torch.abs),
    "sign": _unary(torch.sign),
    "floor": _unary(torch.floor),
    "ceil": _unary(torch.ceil),
    "round": _unary(torch.round),
    "exp": _unary(torch.exp),
    "log": _unary(torch.log),
    "sqrt": _unary(torch.sqrt),
    "square": _unary(torch.square),
    "reciprocal": _unary(torch.reciprocal),
    "tanh": _unary(torch.tanh),
    "atanh": _unary(torch.atanh),
    "sigmoid": _unary(torch.sigmoid),
    "softplus": _unary(F.softplus),
    "relu": _unary(F.relu),
    "leaky-relu": lambda inputs, a: F.leaky_relu(inputs[0], a["slope"]),
    "erf": _unary(torch.erf),
    "erfc": _unary(torch.erfc),
    "stop-gradient": _unary(lambda x: x),
    "custom-gradient": _unary(lambda x: x),
    "softmax": lambda inputs, a: torch.softmax(inputs[0], a["axis"]),
    "reduce-mean": lambda inputs, a: torch.mean(inputs[0], a["axes"], keepdim=True),
    "reduce-sum": lambda inputs, a: torch.sum(inputs[0], a["axes"], keepdim=True),
    "expand": lambda inputs, a: inputs[0].expand(a["shape"]),
    "reshape": lambda inputs, a: inputs[0].reshape(a["shape"]),
    "transpose": lambda inputs, a: inputs[0].permute(a["permutation"]),
    "slice": _slice,
    "pad": _pad,
    "concat": lambda inputs, a: torch.cat(inputs, a["axis"]),
    "space-to-depth": lambda inputs, a: F.pixel_unshuffle(inputs[0], a["block"]),
    "depth-to-space": lambda inputs, a: F.pixel_shuffle(inputs[0], a["block"]),
    "mat-mul": _multiply_matrices,
    "conv2d": _convolve,
    "conv-transpose2d": _convolve_transposed,
    "conv2d-kernel-gradient": _kernel_gradient,
}

# Ops whose result depends on their first input alone.
PASSING_ON = ("stop-gradient", "custom-gradient")


class Graph:
    """A graph that is evaluated with named tensors, float32 on one device. Values are freed after their last use."""

    def __init__(self, file: str, device: torch.device) -> None:
        with open(file, encoding="utf-8") as text:
            description = json.load(text)
        self.outputs: dict[str, int] = description["outputs"]
        self.inputs: dict[str, list[int]] = {}
        self._device = device
        self._constants: dict[int, Tensor] = {}
        self._uniform: dict[int, tuple[float, list[int]]] = {}
        self._steps: list[tuple[int, str, list[int], dict]] = []
        nodes = description["nodes"]
        unknown = sorted({node["op"] for node in nodes} - set(OPS) - {"input", "constant"})
        if unknown:
            raise ValueError(f"{file}: got the ops {', '.join(unknown)}, which graph.py does not know; add them to OPS")
        for position in self._needed(nodes):
            node = nodes[position]
            op, attributes = node["op"], node.get("attributes") or {}
            if op == "input":
                self.inputs[attributes["name"]] = attributes["shape"]
                self._steps.append((position, op, [], attributes))
            elif op == "constant":
                values = torch.tensor(attributes["data"], dtype=torch.float32, device=device)
                shape = attributes["shape"]
                if values.numel() == 1:
                    self._uniform[position] = (attributes["data"][0], shape)
                self._constants[position] = (
                    values.reshape(()).expand(shape) if values.numel() == 1 else values.reshape(shape)
                ).contiguous()
            else:
                inputs = node["inputs"][:1] if op in PASSING_ON else node["inputs"]
                self._steps.append((position, op, inputs, attributes))
        self._last_uses = self._find_last_uses()

    def _needed(self, nodes: list[dict]) -> list[int]:
        """Positions of the nodes that an output depends on, in order."""
        needed = set(self.outputs.values())
        for position in range(len(nodes) - 1, -1, -1):
            if position in needed:
                inputs = nodes[position]["inputs"]
                needed.update(inputs[:1] if nodes[position]["op"] in PASSING_ON else inputs)
        return sorted(needed)

    def _find_last_uses(self) -> dict[int, list[int]]:
        last: dict[int, int] = {}
        for position, _, inputs, _ in self._steps:
            for used in inputs:
                last[used] = position
        kept = set(self.outputs.values())
        ends: dict[int, list[int]] = {}
        for used, position in last.items():
            if used not in kept and used not in self._constants:
                ends.setdefault(position, []).append(used)
        return ends

    def compiled(
        self, feeds: Mapping[str, Tensor], outputs: list[str]
    ) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
        """The same function for `outputs` alone, with kernels that PyTorch's compiler fused. Feeds must have the shapes and layouts of `feeds`."""
        torch._inductor.config.force_layout_optimization = True
        names = [name for name in self.inputs if name in feeds]
        flat = [feeds[name] for name in names]

        def evaluate(*values: Tensor) -> tuple[Tensor, ...]:
            # Made here, so that the compiler sees that all elements of one are equal.
            uniform = {
                position: torch.full(shape, value, device=self._device) for position, (value, shape) in self._uniform.items()
            }
            result = self._evaluate(dict(zip(names, values)), self._constants | uniform)
            return tuple(result[name] for name in outputs)

        traced = make_fx(evaluate, tracing_mode="fake", _allow_non_fake_inputs=True)(*flat)
        fused = torch._inductor.compile(traced, flat)
        return lambda given: dict(zip(outputs, fused(*(given[name] for name in names))))

    def __call__(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs by name. A missing feed raises KeyError, a feed of another shape ValueError."""
        return self._evaluate(feeds, self._constants)

    @torch.no_grad()
    def _evaluate(self, feeds: Mapping[str, Tensor], constants: Mapping[int, Tensor]) -> dict[str, Tensor]:
        values = dict(constants)
        for position, op, inputs, attributes in self._steps:
            if op == "input":
                name = attributes["name"]
                if list(feeds[name].shape) != attributes["shape"]:
                    raise ValueError(f'"{name}": got {list(feeds[name].shape)}, expected {attributes["shape"]}')
                values[position] = feeds[name]
                continue
            values[position] = OPS[op]([values[used] for used in inputs], attributes)
            for used in self._last_uses.get(position, ()):
                del values[used]
        return {name: values[position] for name, position in self.outputs.items()}
