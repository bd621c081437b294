"""The graphs of an exported model, from Python:  python3 onnx_graphs.py onnx/

`halfstep model export mine.safetensors onnx/` writes one ONNX file for each graph, and model.json, which says what their inputs and
outputs are. This program needs the package onnx. Where onnxruntime is installed too, it also runs the synthesis on a grey latent.
"""
import json
import pathlib
import sys

import onnx

folder = pathlib.Path(sys.argv[1])
description = json.loads((folder / "model.json").read_text())
print(f"model {description['name']}, {description['network']['type']}")
for file in sorted(folder.glob("*.onnx")):
    model = onnx.load(str(file))
    onnx.checker.check_model(model)
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    print(f"{file.name}: {len(model.graph.node)} nodes, {shapes}")

try:
    import numpy
    import onnxruntime
except ImportError:
    print("onnxruntime is not installed: nothing was run")
else:
    session = onnxruntime.InferenceSession(str(folder / "synthesis.onnx"))
    feeds = {}
    for value in session.get_inputs():
        shape = [side if isinstance(side, int) else 4 for side in value.shape]
        feeds[value.name] = numpy.zeros(shape, numpy.float32)
    print("synthesis:", session.run(None, feeds)[0].shape)
