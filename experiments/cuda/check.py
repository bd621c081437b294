"""Compares a step in PyTorch with the same step in Halfstep, which `export-run.ts --check` wrote.

    python check.py RUN

Prints the largest difference of each kind, and fails where one is beyond what float32 explains.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from graph import Graph
from optimizer import Optimizer
from train import set_tf32

# Norm of the difference over the norm of what is expected; for weights, over the norm of their change. A first step of Adam is +-1 times the
# rate, whatever the size of a gradient. So rounding can turn single elements around.
TOLERANCES = {"loss": 1e-5, "bitsPerPixel": 1e-5, "meanSquaredError": 1e-5, "weight": 2e-2, "average": 2e-2}


def difference(got: torch.Tensor, expected: torch.Tensor, scale: torch.Tensor) -> float:
    return ((got - expected).norm() / (scale.norm() + 1e-12)).item()


def main() -> None:
    folder = Path(sys.argv[1])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    set_tf32(False)
    config = json.loads((folder / "run.json").read_text())["config"]
    case = {name: tensor.to(device) for name, tensor in load_file(folder / "check.safetensors").items()}
    outputs = Graph(str(folder / "step.json"), device)(case)
    weights = {n.removeprefix("parameter/"): t.clone() for n, t in case.items() if n.startswith("parameter/")}
    before = {name: weight.clone() for name, weight in weights.items()}
    optimizer = Optimizer(weights, config)
    optimizer.set_scalars(size=1e-3, epsilon=1e-8, rate=1e-3, decay=0.5)
    norm = optimizer.update({name: outputs[f"gradient/{name}"] for name in weights})
    worst = {n: difference(outputs[n].reshape([]), case[n], case[n]) for n in ("loss", "bitsPerPixel", "meanSquaredError")}
    print(f"gradient norm {norm.item():.6f}, expected {case['gradientNorm'].item():.6f}")
    for kind, now in (("weight", weights), ("average", optimizer.average)):
        expected = {n: case[f"next/{'parameter' if kind == 'weight' else kind}/{n}"] for n in weights}
        errors = {n: difference(now[n], expected[n], expected[n] - before[n]) for n in weights}
        worst_name = max(errors, key=errors.get)
        print(f"{kind}: worst {worst_name}")
        worst[kind] = errors[worst_name]
    for name, error in worst.items():
        print(f"{name}: differs by {error:.1e}, at most {TOLERANCES[name]:.0e}")
    if not all(error <= TOLERANCES[name] for name, error in worst.items()):
        sys.exit("check.py: got another step than Halfstep's, expected the same")


if __name__ == "__main__":
    main()
