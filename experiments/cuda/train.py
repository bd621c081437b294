"""Trains a network of Halfstep on a graphics card with CUDA, from what `export-run.ts` wrote, for a given time.

The step is Halfstep's own graph (`graph.py`) with its optimizer (`optimizer.py`). Crops are drawn on the card; the graph goes through PyTorch's
compiler, and a whole step is recorded as a CUDA graph and replayed, for its kernels are small. The learning rate follows the schedule of the
configuration by time in place of steps: what counts here is how long the card is there. Of several runs each has its share of the time, one after
the other, with one optimizer: they may differ in crop, batch, surrogates and in what is frozen. Where that changes, a new schedule begins, from the averaged
weights.

    python train.py RUN [RUN] --shares 0.9 0.1 --images FOLDER [FOLDER] --validation FOLDER --out FOLDER --seconds 570

The compiler keeps what it made, for another call on the same machine.
"""

import argparse
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, groupby
from pathlib import Path
from typing import Callable

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from crops import CropSampler, TrainingImages
from graph import Graph
from optimizer import Optimizer

Tensor = torch.Tensor
# The most bytes of a file, because what carries files may have a limit.
FILE_BYTES = 15_000_000
REPLAYS_BETWEEN_LOOKS = 25
# The compiler takes half a minute and more, and halves the time of a step.
COMPILED_FROM_SECONDS = 100
IMAGE_SUFFIXES = (".avif", ".jpeg", ".jpg", ".png", ".webp")
OBJECTIVE = ("loss", "bitsPerPixel", "meanSquaredError")


def set_tf32(on: bool) -> None:
    """Says whether products may round their factors to 11 bits, which is several times as fast."""
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


def images_of(folder: Path) -> list[Path]:
    """The files of images in a folder."""
    return [file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES]


def read_images(files: list[Path]) -> list[Tensor]:
    """[height, width, 3] bytes of each file."""

    def read(file: Path) -> Tensor:
        return torch.from_numpy(numpy.array(Image.open(file).convert("RGB")))

    with ThreadPoolExecutor() as pool:
        return list(pool.map(read, files))


def training_photographs(folders: list[Path], run: dict) -> list[Tensor]:
    """All photographs of the folders, in whatever format, except those that judge the run."""
    judged = {Path(crop["path"]).stem for crop in run["validation"]["crops"]}
    return read_images(sorted(file for folder in folders for file in images_of(folder) if file.stem not in judged))


class Stage:
    """Steps on crops and batches of one size, with weights and an optimizer that other stages share."""

    def __init__(self, folder: Path, run: dict, images: TrainingImages, optimizer: Optimizer, device: torch.device) -> None:
        self._graph = Graph(str(folder / "step.json"), device)
        self._evaluate: Callable[..., dict[str, Tensor]] = self._graph
        self._sampler = CropSampler(images, run["config"], run["quality"], device)
        self._optimizer = optimizer
        self._device = device
        self.config = run["config"]
        self.frozen: list[str] = run["frozen"]
        self._learned = [name for name in optimizer.weights if name.partition(".")[0] not in self.frozen]
        self.result = torch.zeros(4, device=device)
        self.step: Callable[[], None] = self._step

    def _draw(self) -> dict[str, Tensor]:
        """All that the graph is fed with."""
        set_tf32(False)
        feeds = {"image": channels_last(self._sampler.draw()), **self._sampler.draw_qualities()}
        set_tf32(True)
        for name, shape in self._graph.inputs.items():
            if name.startswith("noise/"):
                feeds[name] = channels_last(torch.rand(shape, device=self._device) - 0.5)
        feeds.update({f"parameter/{name}": weight for name, weight in self._optimizer.weights.items()})
        return feeds

    def _step(self) -> None:
        outputs = self._evaluate(self._draw())
        norm = self._optimizer.update({name: outputs[f"gradient/{name}"] for name in self._learned})
        parts = [outputs[name].reshape([]) for name in OBJECTIVE]
        self.result.copy_(torch.stack([*parts, norm]))

    def compile(self) -> None:
        """From now on a step is made of fewer, larger kernels. If PyTorch cannot compile it, this says so, and the step stays as it is."""
        outputs = [*OBJECTIVE, *(f"gradient/{name}" for name in self._learned)]
        try:
            self._evaluate = self._graph.compiled(self._draw(), outputs)
        except Exception as error:  # A compiler of another version may fail in its own ways; the card is there for minutes.
            print(f"not compiled: {type(error).__name__}: {error}", flush=True)

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

    def __init__(self, folder: Path, run: dict, photographs: Path, device: torch.device) -> None:
        self._graph = Graph(str(folder / "evaluation.json"), device)
        validation = run["validation"]
        self._batch, side = validation["batch"], validation["size"]
        names = sorted({crop["path"] for crop in validation["crops"]})
        images = dict(zip(names, read_images([photographs / name for name in names])))
        parts = []
        for crop in validation["crops"]:
            rows, columns = (slice(crop[corner], crop[corner] + side) for corner in ("top", "left"))
            parts.append(images[crop["path"]][rows, columns].permute(2, 0, 1))
        self._images = (torch.stack(parts).float() / 255).to(device)
        self._ranges = {
            "..".join(str(end) for end in judged["range"]): {
                name: torch.tensor(judged[name], device=device) for name in ("quality", "lambda")
            }
            for judged in validation["judged"]
        }
        noise = [(name, shape) for name, shape in self._graph.inputs.items() if name.startswith("noise/")]
        self._noise = {name: torch.zeros(shape, device=device) for name, shape in noise}

    def __call__(self, weights: dict[str, Tensor]) -> dict[str, dict[str, float]]:
        """What the graph gives, by ranges of lambda."""
        set_tf32(False)
        return {name: self._judge(weights, qualities) for name, qualities in self._ranges.items()}

    def _judge(self, weights: dict[str, Tensor], qualities: dict[str, Tensor]) -> dict[str, float]:
        totals: dict[str, Tensor] = {}
        inputs = {"image": self._images, **qualities}
        for first in range(0, len(self._images), self._batch):
            feeds = {name: tensor[first : first + self._batch] for name, tensor in inputs.items()} | self._noise
            feeds.update({f"parameter/{name}": weight for name, weight in weights.items()})
            for name, value in self._graph(feeds).items():
                totals[name] = totals.get(name, 0) + value.reshape([]) * (self._batch / len(self._images))
        return {name: round(value.item(), 6) for name, value in totals.items()}


def save(folder: Path, prefix: str, average: dict[str, Tensor], log: list[dict]) -> None:
    """The averaged weights in files of limited size, and what was measured on the way."""
    parts: list[dict[str, Tensor]] = [{}]
    for name, tensor in average.items():
        held = sum(kept.numel() for kept in parts[-1].values())
        if parts[-1] and 4 * (held + tensor.numel()) > FILE_BYTES:
            parts.append({})
        parts[-1][name] = tensor.contiguous().cpu()
    for index, part in enumerate(parts):
        save_file(part, folder / f"{prefix}-{index}.safetensors")
    (folder / "log.json").write_text(json.dumps(log, indent=1))


def phases(stages: list[Stage], ends: list[float]) -> list[tuple[float, float]]:
    """Where the schedule of a stage begins and ends, in parts of the time. Stages that freeze the same parts share a schedule."""
    starts = [0.0, *ends[:-1]]
    found: list[tuple[float, float]] = []
    for _, group in groupby(range(len(stages)), key=lambda i: stages[i].frozen):
        members = list(group)
        found += [(starts[members[0]], ends[members[-1]])] * len(members)
    return found


def train(stages: list[Stage], ends: list[float], optimizer: Optimizer, judge: Judge, settings: argparse.Namespace) -> None:
    """Trains for `settings.seconds`; stage i ends at the part ends[i] of them."""
    device = optimizer.device
    is_cuda = device.type == "cuda"
    log: list[dict] = [{"device": torch.cuda.get_device_name() if is_cuda else "cpu", "torch": torch.__version__}]
    start = time.monotonic()
    step, judged = 0, 0.0

    def note(stage: Stage | None, prefix: str, rate: float) -> None:
        """Validates, and writes the result down, with that of the last step if there was one."""
        nonlocal judged
        entry: dict = {"step": step, "seconds": round(time.monotonic() - start, 2), "rate": rate, **judge(optimizer.average)}
        loss = 0.0
        if stage is not None:
            loss, bits, error, norm = stage.result.tolist()
            entry["trained"] = {"loss": loss, "bitsPerPixel": bits, "meanSquaredError": error, "gradientNorm": norm}
        log.append(entry)
        print(json.dumps(entry), flush=True)
        if not math.isfinite(loss):
            raise FloatingPointError(f"step {step}: got the loss {loss}; the weights of the validation before are kept")
        save(settings.out, prefix, optimizer.average, log)
        judged = time.monotonic() - start

    note(None, "average", 0)
    schedule = phases(stages, ends)
    # The first step of the present schedule, because the warm-up goes by steps, and when it began. Time for compiling does not count.
    first_step, begin = 0, 0.0
    for index, (stage, end) in enumerate(zip(stages, ends)):
        is_new_phase = index == 0 or schedule[index] != schedule[index - 1]
        if index > 0 and is_new_phase:
            optimizer.begin_again()
            save(settings.out, f"before-{'-'.join(stage.frozen)}", optimizer.average, log)
        if is_cuda:
            if end * settings.seconds - (time.monotonic() - start) >= COMPILED_FROM_SECONDS:
                stage.compile()
                print(f"compiled after {time.monotonic() - start:.1f} s", flush=True)
            stage.record()
            print(f"recorded after {time.monotonic() - start:.1f} s", flush=True)
        if is_new_phase:
            first_step, begin = step, time.monotonic() - start
        last = schedule[index][1] * settings.seconds
        rate = 0.0
        elapsed = time.monotonic() - start
        while elapsed < end * settings.seconds and step < settings.steps:
            for _ in range(REPLAYS_BETWEEN_LOOKS if is_cuda else 1):
                progress = min(1, max(0, (time.monotonic() - start - begin) / (last - begin)))
                rate = rate_at(progress, step - first_step, stage.config["optimizer"])
                optimizer.set_step(step, rate)
                stage.step()
                step += 1
            if is_cuda:
                torch.cuda.synchronize()
            elapsed = time.monotonic() - start
            if elapsed - judged >= settings.validate_every and elapsed < end * settings.seconds:
                note(stage, "average", rate)
        note(stage, "average", rate)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains a network of Halfstep on a graphics card with CUDA.")
    parser.add_argument("runs", type=Path, nargs="+", help="what export-run.ts wrote")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0], help="of the time, for each run")
    parser.add_argument("--weights", type=Path, help="to begin with; those of the first run by default")
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of photographs, whatever their format")
    parser.add_argument("--validation", type=Path, required=True, help="folder of the photographs that runs are judged by, as packed")
    parser.add_argument("--drawn", type=Path, help="folder of pictures that are not photographs")
    parser.add_argument("--drawn-share", type=float, default=0, help="of the crops, from those pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="time to train")
    parser.add_argument("--validate-every", type=float, default=60, help="seconds")
    parser.add_argument("--steps", type=int, default=2**62, help="at most so many")
    settings = parser.parse_args()
    if len(settings.shares) != len(settings.runs):
        parser.error(f"got {len(settings.shares)} shares, expected one for each of {len(settings.runs)} runs")
    if (settings.drawn is None) != (settings.drawn_share == 0):
        parser.error("got one of --drawn and --drawn-share, expected both or none")
    settings.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    runs = [json.loads((folder / "run.json").read_text()) for folder in settings.runs]
    torch.manual_seed(runs[0]["config"]["seed"])
    drawn = [] if settings.drawn is None else read_images(sorted(images_of(settings.drawn)))
    images = TrainingImages(training_photographs(settings.images, runs[0]), drawn, settings.drawn_share)
    print(f"{len(images.photographs)} photographs, {len(images.drawn)} drawn pictures", flush=True)
    begin = load_file(settings.weights or settings.runs[0] / "weights.safetensors")
    optimizer = Optimizer({name: tensor.to(device, torch.float32) for name, tensor in begin.items()}, runs[0]["config"])
    stages = [Stage(folder, run, images, optimizer, device) for folder, run in zip(settings.runs, runs)]
    judge = Judge(settings.runs[0], runs[0], settings.validation, device)
    total = sum(settings.shares)
    train(stages, [end / total for end in accumulate(settings.shares)], optimizer, judge, settings)


if __name__ == "__main__":
    main()
