"""Muon and Adam as in `src/train/adam.ts` and `src/train/muon.ts`, for all weights at once.

Matrices with as many rows go through the iterations of Muon together, which see their squares alone: a thousand small products would keep a
graphics card waiting.
Everything that changes from step to step is a tensor on the device, so that a step can be recorded once and replayed.
"""

import math

import torch

Tensor = torch.Tensor

MOMENTUM = 0.95
A, B, C = 3.4445, -4.775, 2.0315
ITERATIONS = 5
ADAM_STEP = 0.2
LEAST_SIDE = 16


def is_kernel(name: str, shape: list[int]) -> bool:
    """Whether Muon updates a weight (`isMuonParameter`)."""
    return len(shape) == 4 and not name.endswith(".gamma") and min(shape[0], math.prod(shape[1:])) >= LEAST_SIDE


def orthogonalized(groups: list[Tensor]) -> list[Tensor]:
    """Near-orthogonal matrices in place of those of `groups`, each [count, rows, columns], with the same rows <= columns (`orthogonalized`)."""
    starts = [matrices / (matrices.square().sum((1, 2), keepdim=True).sqrt() + 1e-12) for matrices in groups]
    unit = A * torch.eye(groups[0].shape[1], device=groups[0].device)
    gram = torch.cat([start @ start.mT for start in starts])
    product = None
    for iteration in range(ITERATIONS):
        factor = torch.baddbmm(torch.add(unit, gram, alpha=B), gram, gram, alpha=C)
        product = factor if product is None else factor @ product
        if iteration < ITERATIONS - 1:
            gram = (factor @ gram) @ factor
    counts = [start.shape[0] for start in starts]
    return [part @ start for part, start in zip(product.split(counts), starts)]


class Optimizer:
    """Updates weights and their moving average in place."""

    def __init__(self, weights: dict[str, Tensor], config: dict) -> None:
        settings = config["optimizer"]
        if settings["name"] != "muon" or settings.get("weightDecay"):
            raise ValueError("optimizer.py: got Adam alone or weight decay, expected Muon without")
        self.config = config
        self.device = next(iter(weights.values())).device
        self._kernels = [name for name in weights if is_kernel(name, list(weights[name].shape))]
        self._others = [name for name in weights if name not in set(self._kernels)]
        self.weights = weights
        self.average = {name: weight.clone() for name, weight in weights.items()}
        self._first = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        self._second = {name: torch.zeros_like(weights[name]) for name in self._others}
        # By rows, then by columns.
        self._shapes: dict[int, dict[int, list[str]]] = {}
        for name in self._kernels:
            rows = weights[name].shape[0]
            columns = weights[name].numel() // rows
            self._shapes.setdefault(min(rows, columns), {}).setdefault(max(rows, columns), []).append(name)
        self._scalars = {name: torch.zeros([], device=self.device) for name in ("size", "epsilon", "rate", "decay")}

    def state(self) -> list[Tensor]:
        """Everything beside the weights that :meth:`update` changes."""
        return [*self.average.values(), *self._first.values(), *self._second.values()]

    def begin_again(self) -> None:
        """The averages become the weights; no gradient has been seen yet."""
        for name, weight in self.weights.items():
            weight.copy_(self.average[name])
        for moment in (*self._first.values(), *self._second.values()):
            moment.zero_()

    def set_step(self, step: int, rate: float) -> None:
        """What `adamScalars` says of a step, counted from 0."""
        settings = self.config["optimizer"]
        correction = math.sqrt(1 - settings["beta2"] ** (step + 1))
        self.set_scalars(
            size=rate * correction / (1 - settings["beta1"] ** (step + 1)),
            epsilon=settings["epsilon"] * correction,
            rate=rate,
            decay=min(self.config["emaDecay"], (2 + step) / (11 + step)),
        )

    def set_scalars(self, **values: float) -> None:
        """The scalars of a step: size, epsilon, rate, decay (`AdamScalars`)."""
        for name, value in values.items():
            self._scalars[name].fill_(value)

    @torch.no_grad()
    def update(self, gradients: dict[str, Tensor]) -> Tensor:
        """One step of the weights that have a gradient, with the scalars of :meth:`set_step`. Returns the norm of the whole gradient."""
        settings = self.config["optimizer"]
        names = list(gradients)
        norms = torch._foreach_norm([gradients[name] for name in names])
        norm = torch.stack(norms).square().sum().sqrt()
        clip = torch.clamp(settings["clipNorm"] / (norm + 1e-12), max=1)
        clipped = dict(zip(names, torch._foreach_mul([gradients[name] for name in names], clip)))
        self._adam(clipped)
        self._muon(clipped)
        averages = [self.average[name] for name in names]
        weights = [self.weights[name] for name in names]
        distance = torch._foreach_sub(averages, weights)
        torch._foreach_mul_(distance, self._scalars["decay"])
        torch._foreach_copy_(averages, torch._foreach_add(weights, distance))
        return norm

    def _adam(self, slopes: dict[str, Tensor]) -> None:
        beta1, beta2 = (self.config["optimizer"][name] for name in ("beta1", "beta2"))
        names = [name for name in self._others if name in slopes]
        first, second, weights, gradients = (
            [table[name] for name in names] for table in (self._first, self._second, self.weights, slopes)
        )
        torch._foreach_mul_(first, beta1)
        torch._foreach_add_(first, gradients, alpha=1 - beta1)
        torch._foreach_mul_(second, beta2)
        torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
        # Not _foreach_add: it reads the scalar back, which a recording cannot do.
        below = [root + self._scalars["epsilon"] for root in torch._foreach_sqrt(second)]
        change = torch._foreach_div(first, below)
        torch._foreach_mul_(change, self._scalars["size"])
        torch._foreach_sub_(weights, change)

    def _muon(self, gradients: dict[str, Tensor]) -> None:
        kernels = [name for name in self._kernels if name in gradients]
        momenta = [self._first[name] for name in kernels]
        slopes = [gradients[name] for name in kernels]
        torch._foreach_mul_(momenta, MOMENTUM)
        torch._foreach_add_(momenta, slopes)
        ahead = dict(zip(kernels, torch._foreach_add(slopes, momenta, alpha=MOMENTUM)))
        updated: list[Tensor] = []
        changes: list[Tensor] = []
        for rows, shapes in self._shapes.items():
            learned = {columns: [name for name in names if name in ahead] for columns, names in shapes.items()}
            groups = {columns: names for columns, names in learned.items() if names}
            if not groups:
                continue
            stacks = []
            for names in groups.values():
                flat = [ahead[name].reshape(ahead[name].shape[0], -1) for name in names]
                stacks.append(torch.stack([matrix if matrix.shape[0] == rows else matrix.mT for matrix in flat]))
            for (columns, names), matrices in zip(groups.items(), orthogonalized(stacks)):
                scaled = matrices * (self._scalars["rate"] * (ADAM_STEP * math.sqrt(columns)))
                for name, change in zip(names, scaled):
                    weight = self.weights[name]
                    updated.append(weight)
                    changes.append((change if weight.shape[0] == rows else change.mT).reshape(weight.shape))
        torch._foreach_sub_(updated, changes)
