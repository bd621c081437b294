"""Compares every op of `graph.py` with Halfstep's reference evaluation, on the examples that the engine's own tests use.

    python check_ops.py FOLDER

FOLDER holds pairs of files that `test/cuda.test.ts` writes: `<name>.json`, a graph, and `<name>.safetensors`, its feeds and results.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from graph import Graph

TOLERANCE = 1e-5


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*.json"))
    wrong = []
    for file in files:
        case = load_file(file.with_suffix(".safetensors"))
        result = Graph(str(file), torch.device("cpu"))(case)["result"]
        expected = case["expected"]
        if list(result.shape) != list(expected.shape):
            wrong.append(f"{file.stem}: got the shape {list(result.shape)}, expected {list(expected.shape)}")
        elif not torch.allclose(result, expected, rtol=TOLERANCE, atol=TOLERANCE):
            wrong.append(f"{file.stem}: differs by {(result - expected).abs().max().item():.1e}")
    print(f"{len(files)} examples, {len(wrong)} wrong")
    if wrong or not files:
        sys.exit("\n".join(wrong) or "check_ops.py: got no examples")


if __name__ == "__main__":
    main()
