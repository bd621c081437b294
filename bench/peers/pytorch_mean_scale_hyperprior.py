"""One training step of the mean-scale hyperprior (Minnen et al. 2018) in PyTorch: the measure for our own engine.

The same work as `halfstep` does with surrogates aun (rate) and ste (distortion): GDN with the squared-root
reparametrisation, LeakyReLU 0.01 in the hyper transforms, a deep factorised density with filters 3, 3, 3, 3 for z, a
Gaussian conditional with scale bound 0.11 and likelihood bound 1e-9 for y, loss = bits per pixel + lambda * 255^2 * MSE,
gradient clipped to a global norm of 1, Adam, a moving average of the weights. Written for this benchmark from the
papers; it trains on random images, as only the time matters. Started by run-pytorch.ts, which also sets the allocator up;
alone it runs under default settings.

Without --interactive it measures and prints one JSON line. With it, it prints a JSON line when ready and then answers
every line "run K" on standard input with {"ms": [K numbers]}, until "quit" or the end of input.
"""

import argparse
import json
import math
import statistics
import sys
import time

NO_TORCH_EXIT_CODE = 3

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    print(f"pytorch: not installed ({error}); apt-get install python3-torch to compare with it", file=sys.stderr)
    sys.exit(NO_TORCH_EXIT_CODE)

SCALE_BOUND = 0.11
LIKELIHOOD_BOUND = 1e-9
PEDESTAL = 2.0**-36
AVERAGE_DECAY = 0.999


class LowerBound(torch.autograd.Function):
    """max(x, bound), whose gradient also passes below the bound when it pushes x upwards."""

    @staticmethod
    def forward(context, x, bound):
        context.save_for_backward(x)
        context.bound = bound
        return x.clamp_min(bound)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        passes = (x >= context.bound) | (gradient < 0)
        return gradient * passes, None


class GDN(nn.Module):
    """x / sqrt(beta + gamma x^2), or the product for the inverse."""

    def __init__(self, channels, inverse=False):
        super().__init__()
        self.inverse = inverse
        self.beta = nn.Parameter(torch.sqrt(torch.ones(channels) + PEDESTAL))
        self.gamma = nn.Parameter(torch.sqrt(0.1 * torch.eye(channels) + PEDESTAL))

    @staticmethod
    def _bounded(stored, minimum):
        return LowerBound.apply(stored, math.sqrt(minimum + PEDESTAL)) ** 2 - PEDESTAL

    def forward(self, x):
        gamma = self._bounded(self.gamma, 0.0)
        beta = self._bounded(self.beta, 1e-6)
        norm = F.conv2d(x * x, gamma[:, :, None, None], beta)
        return x * (torch.sqrt(norm) if self.inverse else torch.rsqrt(norm))


class DeepFactorizedDensity(nn.Module):
    """Likelihood of z in the unit interval around it, one learned monotone function per channel."""

    def __init__(self, channels, filters=(3, 3, 3, 3), init_scale=10.0):
        super().__init__()
        widths = (1, *filters, 1)
        scale = init_scale ** (1 / (len(filters) + 1))
        self.matrices, self.biases, self.factors = nn.ParameterList(), nn.ParameterList(), nn.ParameterList()
        for layer, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
            initial = math.log(math.expm1(1 / scale / fan_out))
            self.matrices.append(nn.Parameter(torch.full((channels, fan_out, fan_in), initial)))
            self.biases.append(nn.Parameter(torch.rand(channels, fan_out, 1) - 0.5))
            if layer < len(filters):
                self.factors.append(nn.Parameter(torch.zeros(channels, fan_out, 1)))
        # Part of the model in the reference implementation (quantiles), and of its parameter count; no part of this loss.
        self.medians = nn.Parameter(torch.zeros(channels, 1, 1))

    def _logits(self, x):
        for layer, (matrix, bias) in enumerate(zip(self.matrices, self.biases)):
            x = torch.matmul(F.softplus(matrix), x) + bias
            if layer < len(self.factors):
                x = x + torch.tanh(self.factors[layer]) * torch.tanh(x)
        return x

    def forward(self, z):
        batch, channels, height, width = z.shape
        flat = z.permute(1, 0, 2, 3).reshape(channels, 1, -1)
        likelihood = torch.sigmoid(self._logits(flat + 0.5)) - torch.sigmoid(self._logits(flat - 0.5))
        return LowerBound.apply(likelihood, LIKELIHOOD_BOUND)


def gaussian_likelihood(y, mean, scale):
    """Mass of a normal distribution in the unit interval around y."""
    scale = LowerBound.apply(scale, SCALE_BOUND)
    distance = torch.abs(y - mean)
    normal = -(2**-0.5)
    upper = 0.5 * torch.erfc(normal * (0.5 - distance) / scale)
    lower = 0.5 * torch.erfc(normal * (-0.5 - distance) / scale)
    return LowerBound.apply(upper - lower, LIKELIHOOD_BOUND)


def noisy(x):
    return x + torch.empty_like(x).uniform_(-0.5, 0.5)


def straight_through_round(x):
    return x + (torch.round(x) - x).detach()


def conv(fan_in, fan_out, kernel=5, stride=2):
    return nn.Conv2d(fan_in, fan_out, kernel, stride, kernel // 2)


def deconv(fan_in, fan_out, kernel=5, stride=2):
    return nn.ConvTranspose2d(fan_in, fan_out, kernel, stride, kernel // 2, output_padding=stride - 1)


class MeanScaleHyperprior(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.ga = nn.Sequential(conv(3, n), GDN(n), conv(n, n), GDN(n), conv(n, n), GDN(n), conv(n, m))
        self.gs = nn.Sequential(
            deconv(m, n), GDN(n, True), deconv(n, n), GDN(n, True), deconv(n, n), GDN(n, True), deconv(n, 3)
        )
        self.ha = nn.Sequential(conv(m, n, 3, 1), nn.LeakyReLU(0.01), conv(n, n), nn.LeakyReLU(0.01), conv(n, n))
        self.hs = nn.Sequential(
            deconv(n, m), nn.LeakyReLU(0.01), deconv(m, m * 3 // 2), nn.LeakyReLU(0.01), conv(m * 3 // 2, m * 2, 3, 1)
        )
        self.density = DeepFactorizedDensity(n)

    def loss(self, x, distortion_weight):
        y = self.ga(x)
        z = self.ha(y)
        z_likelihood = self.density(noisy(z))
        z_hat = straight_through_round(z - self.density.medians.detach()) + self.density.medians.detach()
        scale, mean = self.hs(z_hat).chunk(2, 1)
        y_likelihood = gaussian_likelihood(noisy(y), mean, scale)
        x_hat = self.gs(straight_through_round(y - mean) + mean)
        pixels = x.shape[0] * x.shape[2] * x.shape[3]
        bits_per_pixel = (torch.log(z_likelihood).sum() + torch.log(y_likelihood).sum()) / (-math.log(2) * pixels)
        return bits_per_pixel + distortion_weight * 255**2 * F.mse_loss(x_hat, x)


def blas_in_use():
    """The BLAS library that this process has loaded; the reference one makes PyTorch ten times slower."""
    try:
        with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
            # Debian's OpenBLAS is a libblas.so.3 in a folder of its own.
            paths = {line.split(maxsplit=5)[5] for line in maps if "blas" in line or "libmkl" in line}
    except OSError:
        return "unknown"
    for name in ("openblas", "mkl"):
        if any(name in path for path in paths):
            return name
    return "reference" if paths else "unknown"


class Training:
    """A network with its optimizer and a few random batches."""

    def __init__(self, options):
        torch.manual_seed(1)
        self.model = MeanScaleHyperprior(options.N, options.M)
        layout = torch.channels_last if options.channels_last else torch.contiguous_format
        self.model = self.model.to(memory_format=layout)
        self.batches = [
            torch.rand(options.batch, 3, options.crop, options.crop).to(memory_format=layout) for _ in range(4)
        ]
        self.parameters = [p for name, p in self.model.named_parameters() if name != "density.medians"]
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4)
        self.averages = [parameter.detach().clone() for parameter in self.parameters]
        self.step = 0

    def run(self, steps):
        """Takes steps and gives the milliseconds of each."""
        times = []
        for _ in range(steps):
            begin = time.perf_counter()
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.model.loss(self.batches[self.step % len(self.batches)], 0.013)
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.optimizer.step()
            with torch.no_grad():
                for average, parameter in zip(self.averages, self.parameters):
                    average.lerp_(parameter, 1 - AVERAGE_DECAY)
            value = loss.item()
            times.append(1e3 * (time.perf_counter() - begin))
            if not math.isfinite(value):
                raise FloatingPointError(f"loss is {value} at step {self.step}")
            self.step += 1
        return times


def main():
    parser = argparse.ArgumentParser(description="time training steps of the mean-scale hyperprior in PyTorch")
    parser.add_argument("--N", type=int, default=128)
    parser.add_argument("--M", type=int, default=192)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--interactive", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.backends.mkldnn.enabled = True
    training = Training(options)
    about = {
        "torch": torch.__version__,
        "threads": options.threads,
        "N": options.N,
        "M": options.M,
        "batch": options.batch,
        "crop": options.crop,
        "channelsLast": options.channels_last,
        "blas": blas_in_use(),
        "parameterCount": sum(p.numel() for p in training.model.parameters()),
    }
    training.run(options.warmup)
    if not options.interactive:
        times = training.run(options.steps)
        print(json.dumps({**about, "medianMs": statistics.median(times), "minMs": min(times), "ms": times}))
        return
    print(json.dumps({**about, "ready": True}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if len(words) != 2 or words[0] != "run" or not words[1].isdigit():
            print(f'pytorch: got {line.strip()!r}, expected "run K" or "quit"', file=sys.stderr)
            sys.exit(2)
        print(json.dumps({"ms": training.run(int(words[1]))}), flush=True)


if __name__ == "__main__":
    main()
