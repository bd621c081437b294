"""Trains a network of Halfstep on a graphics card with CUDA, from what `export-run.ts` wrote, for a given time.

The step is Halfstep's own graph (`graph.py`) with its optimizer (`optimizer.py`). Crops are drawn on the card, and one step is recorded
as a CUDA graph and replayed, for its kernels are small. The learning rate follows the schedule of the configuration by time in
place of steps: what counts here is how long the card is there. Of several runs each has its share of the time, one after the
other, with one optimizer: they are to differ in crop and batch alone.

    python train.py RUN [RUN] --shares 0.5 0.5 --weights FILE --images FOLDER [FOLDER] --out FOLDER --seconds 570
"""

import argparse
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Callable

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from crops import CropSampler
from graph import Graph
from optimizer import Optimizer

Tensor = torch.Tensor
# Files of at most so many bytes: what carries them may have a limit.
FILE_BYTES = 15_000_000
REPLAYS_BETWEEN_LOOKS = 25


def set_tf32(on: bool) -> None:
    """Whether products may round their factors to 11 bits, which is several times as fast."""
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def rate_at(progress: float, step: int, optimizer: dict) -> float:
    """The learning rate of a step at a part 0..1 of the time (`learningRateAt`)."""
    schedule = optimizer["schedule"]
    if schedule["type"] != "cosine":
        raise ValueError(f'train.py: got the schedule "{schedule["type"]}", expected "cosine"')
    warmup = min(1, (step + 1) / max(1, optimizer["warmupSteps"]))
    hold = schedule["holdFraction"]
    fallen = min(1, max(0, (progress - hold) / (1 - hold)))
    factor = schedule["final"] + (1 - schedule["final"]) * (1 + math.cos(math.pi * fallen)) / 2
    return optimizer["learningRate"] * warmup * factor


class Photographs:
    """Images by the names that runs know them by, read once."""

    def __init__(self, folders: list[Path], names: set[str]) -> None:
        files = {path.name: path for folder in folders for path in folder.iterdir()}
        present = sorted(names & set(files))

        def read(name: str) -> Tensor:
            return torch.from_numpy(numpy.array(Image.open(files[name]).convert("RGB")))

        with ThreadPoolExecutor() as pool:
            self._images = dict(zip(present, pool.map(read, present)))

    def known(self, names: list[str]) -> list[Tensor]:
        """Those of `names` that there are."""
        return [self._images[name] for name in names if name in self._images]

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._images:
            raise FileNotFoundError(f"{name}: got no such file in the folders of images, expected one; give its folder")
        return self._images[name]


class Stage:
    """Steps on crops and batches of one size, with weights and an optimizer that other stages share."""

    def __init__(self, folder: Path, run: dict, images: list[Tensor], optimizer: Optimizer, device: torch.device) -> None:
        self._graph = Graph(str(folder / "step.json"), device)
        self._sampler = CropSampler(images, run["config"], run["quality"], device)
        self._optimizer = optimizer
        self._device = device
        self.result = torch.zeros(4, device=device)
        self.step: Callable[[], None] = self._step

    def _step(self) -> None:
        set_tf32(False)
        feeds = {"image": channels_last(self._sampler.draw()), **self._sampler.draw_qualities()}
        set_tf32(True)
        for name, shape in self._graph.inputs.items():
            if name.startswith("noise/"):
                feeds[name] = channels_last(torch.rand(shape, device=self._device) - 0.5)
        weights = self._optimizer.weights
        feeds.update({f"parameter/{name}": weight for name, weight in weights.items()})
        outputs = self._graph(feeds)
        norm = self._optimizer.update({name: outputs[f"gradient/{name}"] for name in weights})
        parts = [outputs[name].reshape([]) for name in ("loss", "bitsPerPixel", "meanSquaredError")]
        self.result.copy_(torch.stack([*parts, norm]))

    def record(self) -> None:
        """Records the step and replays it from now on. The steps that this takes change nothing."""
        state = [*self._optimizer.weights.values(), *self._optimizer.state()]
        before = [tensor.clone() for tensor in state]
        self._optimizer.set_step(0, 0)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        recording = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recording):
            self._step()
        for tensor, old in zip(state, before):
            tensor.copy_(old)
        self.step = recording.replay


class Judge:
    """Rate and distortion of the averaged weights with real rounding, on the validation crops, in full float32 (`evaluate`)."""

    def __init__(self, folder: Path, run: dict, photographs: Photographs, device: torch.device) -> None:
        self._graph = Graph(str(folder / "evaluation.json"), device)
        validation = run["validation"]
        self._batch, side = validation["batch"], validation["size"]
        parts = []
        for crop in validation["crops"]:
            rows, columns = (slice(crop[corner], crop[corner] + side) for corner in ("top", "left"))
            parts.append(photographs[crop["path"]][rows, columns].permute(2, 0, 1))
        feeds = {"image": torch.stack(parts).float() / 255}
        feeds |= {name: torch.tensor(validation[name]) for name in ("quality", "lambda")}
        self._feeds = {name: tensor.to(device) for name, tensor in feeds.items()}
        noise = [(name, shape) for name, shape in self._graph.inputs.items() if name.startswith("noise/")]
        self._noise = {name: torch.zeros(shape, device=device) for name, shape in noise}

    def __call__(self, weights: dict[str, Tensor]) -> dict[str, float]:
        set_tf32(False)
        totals: dict[str, float] = {}
        count = len(self._feeds["image"])
        for first in range(0, count, self._batch):
            feeds = {name: tensor[first : first + self._batch] for name, tensor in self._feeds.items()} | self._noise
            feeds.update({f"parameter/{name}": weight for name, weight in weights.items()})
            for name, value in self._graph(feeds).items():
                totals[name] = totals.get(name, 0) + value.item() * self._batch / count
        return totals


def save(folder: Path, average: dict[str, Tensor], log: list[dict]) -> None:
    """The averaged weights in files of limited size, and what was measured on the way."""
    parts: list[dict[str, Tensor]] = [{}]
    for name, tensor in average.items():
        held = sum(kept.numel() for kept in parts[-1].values())
        if parts[-1] and 4 * (held + tensor.numel()) > FILE_BYTES:
            parts.append({})
        parts[-1][name] = tensor.contiguous().cpu()
    for index, part in enumerate(parts):
        save_file(part, folder / f"average-{index}.safetensors")
    (folder / "log.json").write_text(json.dumps(log, indent=1))


def train(stages: list[Stage], ends: list[float], optimizer: Optimizer, judge: Judge, settings: argparse.Namespace) -> None:
    """Trains for `settings.seconds`; stage i ends at the part ends[i] of them."""
    device = optimizer.device
    is_cuda = device.type == "cuda"
    log: list[dict] = [{"device": torch.cuda.get_device_name() if is_cuda else "cpu", "torch": torch.__version__}]
    start = time.monotonic()
    step, judged = 0, 0.0

    def note(stage: Stage | None) -> None:
        """Validates, and writes it down with the result of the last step, if there was one."""
        nonlocal judged
        elapsed = time.monotonic() - start
        entry: dict = {"step": step, "seconds": round(elapsed, 2), **judge(optimizer.average)}
        loss = 0.0
        if stage is not None:
            loss, bits, error, norm = stage.result.tolist()
            entry["rate"] = rate_at(elapsed / settings.seconds, step, optimizer.config["optimizer"])
            entry["trained"] = {"loss": loss, "bitsPerPixel": bits, "meanSquaredError": error, "gradientNorm": norm}
        log.append(entry)
        print(json.dumps(entry), flush=True)
        if not math.isfinite(loss):
            raise FloatingPointError(f"step {step}: got the loss {loss}; the weights of the validation before are kept")
        save(settings.out, optimizer.average, log)
        judged = time.monotonic() - start

    note(None)
    for stage, end in zip(stages, ends):
        if is_cuda:
            stage.record()
            print(f"recorded after {time.monotonic() - start:.1f} s", flush=True)
        elapsed = time.monotonic() - start
        while elapsed < end * settings.seconds and step < settings.steps:
            for _ in range(REPLAYS_BETWEEN_LOOKS if is_cuda else 1):
                progress = (time.monotonic() - start) / settings.seconds
                optimizer.set_step(step, rate_at(progress, step, optimizer.config["optimizer"]))
                stage.step()
                step += 1
            if is_cuda:
                torch.cuda.synchronize()
            elapsed = time.monotonic() - start
            if elapsed - judged >= settings.validate_every and elapsed < settings.seconds:
                note(stage)
        note(stage)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains a network of Halfstep on a graphics card with CUDA.")
    parser.add_argument("runs", type=Path, nargs="+", help="what export-run.ts wrote")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0], help="of the time, for each run")
    parser.add_argument("--weights", type=Path, help="to begin with; those of the first run by default")
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="photographs, under the names that were packed")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="time to train")
    parser.add_argument("--validate-every", type=float, default=60, help="seconds")
    parser.add_argument("--steps", type=int, default=2**62, help="at most so many")
    settings = parser.parse_args()
    if len(settings.shares) != len(settings.runs):
        parser.error(f"got {len(settings.shares)} shares, expected one for each of {len(settings.runs)} runs")
    settings.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    runs = [json.loads((folder / "run.json").read_text()) for folder in settings.runs]
    torch.manual_seed(runs[0]["config"]["seed"])
    crops = runs[0]["validation"]["crops"]
    photographs = Photographs(settings.images, {*runs[0]["training"], *(crop["path"] for crop in crops)})
    images = photographs.known(runs[0]["training"])
    print(f"{len(images)} of {len(runs[0]['training'])} training images", flush=True)
    begin = load_file(settings.weights or settings.runs[0] / "weights.safetensors")
    optimizer = Optimizer({name: tensor.to(device) for name, tensor in begin.items()}, runs[0]["config"])
    judge = Judge(settings.runs[0], runs[0], photographs, device)
    stages = [Stage(folder, run, images, optimizer, device) for folder, run in zip(settings.runs, runs)]
    total = sum(settings.shares)
    train(stages, [end / total for end in accumulate(settings.shares)], optimizer, judge, settings)


if __name__ == "__main__":
    main()
