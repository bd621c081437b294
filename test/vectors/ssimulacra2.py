"""
SSIMULACRA 2 by the recursive filter that the published program blurs with, in double and in single precision: what tells the program's
rounding errors from the definition. Reads a file of two images, 8-bit RGB, one after the other, and prints both scores.

    python3 test/vectors/ssimulacra2.py FILE WIDTH HEIGHT      (numpy 2.4; called by ssimulacra2.ts)
"""
import os
import re
import sys

import numpy as np

SIGMA = 1.5
SOURCE = os.path.join(os.path.dirname(__file__), "..", "..", "src", "evaluate", "ssimulacra2.ts")
CONES = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342268924547819, 0.20476744424496821, 0.5518098665095536]])
BIAS = 0.0037930732552754493


def weights():
    """The 108 weights, which stand in one place."""
    with open(SOURCE) as file:
        table = re.search(r"const weights[^=]*= \[\n(.*?)\n\];", file.read(), re.S).group(1)
    return [float(number) for number in re.findall(r"[\d.e-]+", table)]


def filter_coefficients():
    """Charalampidis 2016, equations 33 to 57."""
    radius = round(3.2795 * SIGMA + 0.2546)
    w = np.array([1, 3, 5]) * np.pi / (2 * radius)
    p = np.array([1, -1, 1]) / np.tan(w / 2)
    r = np.array([1, -1, 1]) * p * p / np.sin(w)
    rho = np.exp(-((SIGMA * w) ** 2) / 2) / radius
    n = np.cross(p, r)
    beta = np.linalg.solve([p, r, n / n[2]], [1, radius**2 - SIGMA**2, n @ rho / n[2]])
    return radius, -beta * np.cos(w * (radius + 1)), -2 * np.cos(w)


def filtered(x, number):
    """Along the first axis, with zeros beyond the ends."""
    radius, gains, feedbacks = filter_coefficients()
    gains, feedbacks = gains.astype(number), feedbacks.astype(number)
    zero = np.zeros(x.shape[1:], number)
    before, before2, out = [zero] * 3, [zero] * 3, np.zeros_like(x)
    for n in range(1 - radius, len(x)):
        left, right = n - radius - 1, n + radius - 1
        both = (x[left] if left >= 0 else zero) + (x[right] if right < len(x) else zero)
        now = [gains[k] * both - feedbacks[k] * before[k] - before2[k] for k in range(3)]
        before, before2 = now, before
        if n >= 0:
            out[n] = now[0] + (now[1] + now[2])
    return out


def blurred(x, number):
    return filtered(filtered(x.T.copy(), number).T.copy(), number)


def positive_xyb(light, number):
    l, m, s = np.moveaxis(np.cbrt(light @ CONES.T + BIAS) - np.cbrt(BIAS), -1, 0)
    x, y = (l - m) / 2, (l + m) / 2
    return [component.astype(number) for component in (14 * x + 0.42, y + 0.01, s - y + 0.55)]


def halved(light):
    height, width, _ = light.shape
    even = np.pad(light, [(0, height % 2), (0, width % 2), (0, 0)], mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def score(original, distorted, number):
    light = [np.where(u <= 0.04045, u / 12.92, ((u + 0.055) / 1.055) ** 2.4) for u in (original / 255, distorted / 255)]
    norms = [[], [], []]
    for scale in range(6):
        if min(light[0].shape[:2]) < 8:
            break
        if scale > 0:
            light = [halved(one) for one in light]
        for component, (a, b) in enumerate(zip(*(positive_xyb(one, number) for one in light))):
            ma, mb, aa, bb, ab = (blurred(x, number) for x in (a, b, a * a, b * b, a * b))
            c = number(0.0009)
            alike = (1 - (ma - mb) ** 2) * (2 * (ab - ma * mb) + c) / ((aa - ma * ma) + (bb - mb * mb) + c)
            edges = (1 + np.abs(b - mb).astype(float)) / (1 + np.abs(a - ma).astype(float)) - 1
            maps = [np.maximum(error, 0) for error in (1 - alike.astype(float), edges, -edges)]
            norms[component] += [np.mean(errors**power) ** (1 / power) for power in (1, 4) for errors in maps]
    x = 0.9562382616834844 * sum(weight * norm for weight, norm in zip(weights(), sum(norms, [])))
    x = 2.326765642916932 * x - 0.020884521182843837 * x**2 + 6.248496625763138e-05 * x**3
    return 100 - 10 * x**0.6276336467831387 if x > 0 else 100.0


name, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pair = np.fromfile(name, np.uint8).reshape(2, height, width, 3).astype(float)
print(score(pair[0], pair[1], np.float64), score(pair[0], pair[1], np.float32))
