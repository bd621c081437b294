"""Random training crops on the graphics card: the crops of `src/train/data/crop-sampler.ts`, drawn with other random numbers.

All images lie in the card's memory as 8-bit RGB. A crop's window is read, and reduced by two products with the weights of an
antialiasing triangle filter (`reductionKernel`).
"""

import math

import torch

Tensor = torch.Tensor


class TrainingImages:
    """The images that crops come from, [height, width, 3] bytes each: photographs, and drawn pictures. Drawn pictures are not reduced."""

    def __init__(self, photographs: list[Tensor], drawn: list[Tensor], share: float) -> None:
        """`share` is the part of the crops that comes from drawn pictures."""
        self.photographs, self.drawn, self.share = photographs, drawn, share


class CropSampler:
    """Draws crops [batch, 3, crop, crop] in 0..1, and the quality that each is coded at."""

    def __init__(self, training: TrainingImages, config: dict, quality: dict, device: torch.device) -> None:
        """`quality` holds the constants that `export-run.ts` writes."""
        self._crop, self._batch = config["crop"], config["batch"]
        self._least_scale, self._flip = config["augment"]["minScale"], config["augment"]["flip"]
        self._quality = quality
        self._device = device
        # As crop-sampler.ts does.
        photographs, drawn = (
            [image for image in part if min(image.shape[:2]) >= self._crop] for part in (training.photographs, training.drawn)
        )
        images = [*photographs, *drawn]
        sizes = torch.tensor([image.shape[:2] for image in images], dtype=torch.int64)
        areas = sizes[:, 0] * sizes[:, 1]
        ends = areas.cumsum(0)
        self._starts = torch.cat([torch.zeros(1, dtype=torch.int64), ends[:-1]]).mul(3).to(device)
        self._heights, self._widths = sizes.T.contiguous().to(device)
        # Within each kind, the chance of an image is in proportion to its area.
        self._photographs = len(photographs)
        weights = areas.double()
        for part, share in ((weights[: self._photographs], 1 - training.share), (weights[self._photographs :], training.share)):
            part.mul_(share / part.sum().clamp(min=1))
        self._cumulative = weights.cumsum(0).to(device)
        self._bytes = torch.cat([image.reshape(-1) for image in images]).to(device)
        self._largest = math.ceil(self._crop / self._least_scale)

    def draw(self) -> Tensor:
        """A batch of crops."""
        chance = torch.rand([5, self._batch], device=self._device, dtype=torch.float64)
        image = torch.searchsorted(self._cumulative, chance[0].contiguous(), right=True)
        image = image.clamp(max=len(self._cumulative) - 1)
        heights, widths = self._heights[image], self._widths[image]
        scale = self._least_scale + (1 - self._least_scale) * chance[1]
        scale = torch.where(image < self._photographs, scale, 1)
        window = torch.minimum((self._crop / scale).round().long(), torch.minimum(heights, widths))
        left = (chance[2] * (widths - window + 1)).long()
        top = (chance[3] * (heights - window + 1)).long()
        flip = chance[4] < 0.5 if self._flip else torch.zeros_like(chance[4], dtype=torch.bool)
        pixels = self._windows(self._starts[image], widths, left, top, window)
        reduce = self._reduction(window)
        columns = torch.where(flip[:, None, None], reduce.flip(1), reduce)
        return (reduce[:, None] @ pixels @ columns.mT[:, None]) / 255

    def _windows(self, start: Tensor, width: Tensor, left: Tensor, top: Tensor, window: Tensor) -> Tensor:
        """[batch, 3, largest, largest] values 0..255. Outside of a window, its last row or column is repeated."""
        place = torch.arange(self._largest, device=self._device)
        inside = torch.minimum(place[None], (window - 1)[:, None])
        rows = (start[:, None] + 3 * width[:, None] * (top[:, None] + inside))[:, None, :, None]
        columns = (3 * (left[:, None] + inside))[:, None, None, :]
        colours = torch.arange(3, device=self._device)[None, :, None, None]
        return self._bytes[rows + columns + colours].float()

    def _reduction(self, window: Tensor) -> Tensor:
        """[batch, crop, largest]: weights of a triangle that is as wide as the reduction and is cut off at the ends of the window."""
        ratio = (window.float() / self._crop)[:, None, None]
        centre = (torch.arange(self._crop, device=self._device)[None, :, None] + 0.5) * ratio - 0.5
        place = torch.arange(self._largest, device=self._device)[None, None]
        weights = (1 - (place - centre).abs() / ratio).clamp(min=0) * (place < window[:, None, None])
        return weights / weights.sum(2, keepdim=True)

    def draw_qualities(self) -> dict[str, Tensor]:
        """The feeds "quality" [batch, knots] and "lambda" [batch] (`trainingQualities`)."""
        q = self._quality
        low, high = q["range"]
        fall = q["power"] * math.log(high / low)
        fraction = (torch.arange(self._batch, device=self._device) + torch.rand(self._batch, device=self._device)) / self._batch
        skewed = -torch.log1p(fraction * math.expm1(-fall)) / fall
        lambdas = low * torch.exp(skewed * math.log(high / low))
        whole = math.log(q["highest"] / q["lowest"])
        position = (torch.log(lambdas / q["lowest"]) / whole).clamp(0, 1)
        return {"quality": knot_weights(position, q["knots"]), "lambda": lambdas}


def knot_weights(position: Tensor, knots: int) -> Tensor:
    """How much each knot counts at positions in 0..1 (`qualityWeights`)."""
    place = position[:, None] * (knots - 1)
    return (1 - (place - torch.arange(knots, device=position.device)[None]).abs()).clamp(min=0)
