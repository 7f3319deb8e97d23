"""Radiative corrections of Bahcall, Kamionkowski and Sirlin (PRD 51, 6146), point by point."""

import math

from simgen._kernels.machine.jit import kernel
from simgen.constants import ALPHA, M_E

_PI2_6 = math.pi**2 / 6


@kernel()
def dilogarithm(x: float) -> float:
    """Evaluate Li₂(x) for 0 ≤ x ≤ 1.

    The Bernoulli series in y = -ln(1 - x), Σ B_n y^(n+1)/(n+1)!, below 1/2; above, the reflection
    Li₂(x) = π²/6 - ln x ln(1-x) - Li₂(1-x).
    """
    small = x if x <= 0.5 else 1.0 - x
    y = -math.log1p(-small)
    s = y * y
    tail = 7 / 7846046208000.0 + s * (-3617 / 181400588328960000.0)
    tail = -691 / 16999766784000.0 + s * tail
    tail = 1 / 526901760.0 + s * tail
    tail = -1 / 10886400.0 + s * tail
    tail = 1 / 211680.0 + s * tail
    tail = -1 / 3600.0 + s * tail
    tail = 1 / 36.0 + s * tail
    value = y * (1.0 + s * tail) - s / 4
    if x <= 0.5:
        return value
    product = math.log(x) * math.log1p(-x) if x < 1.0 else 0.0
    return _PI2_6 - product - value


@kernel(part=True)
def kappa(T: float, charged_current: bool) -> float:
    """Evaluate κ(T) at s² = 0.2317 for ν_e (charged current) or ν_μ, ν_τ."""
    y = T / (T + 2.0 * M_E)  # 1/x²
    if y < 1e-4:  # the series in y does not cancel
        running = y * (4.0 / 5.0 + y * (16.0 / 35.0 + y * (20.0 / 63.0 + y * 8.0 / 33.0))) / 6.0
    else:
        # (x/2) ln((x+1)/(x-1)) = x artanh(1/x)
        root = math.sqrt(y)
        running = (1.0 / 3.0 + (3.0 - 1.0 / y) * (math.atanh(root) / root - 1.0)) / 6.0
    return 0.9791 + 0.0097 * running if charged_current else 0.9970 - 0.00037 * running


@kernel(part=True)
def qed_factors(T: float, omega: float) -> tuple[float, float, float]:
    """Evaluate the QED terms that are added to the kinematic shapes 1, (1 - T/ω)² and -m_e T/ω².

    L(x) of the paper is -Li₂(x). At T_max the factors diverge as a logarithm, integrably.
    """
    q = omega
    z = T / q
    energy = T + M_E
    momentum = math.sqrt(T * (T + 2.0 * M_E))
    beta = momentum / energy
    ln_z = math.log(z)
    ln_1mz = math.log1p(-z)
    L_z, L_1mz, L_beta = -dilogarithm(z), -dilogarithm(1.0 - z), -dilogarithm(beta)
    # ln((E + l)/m_e), which rounds away for small l
    f0 = energy / momentum * math.asinh(momentum / M_E) - 1.0
    edge = 1.0 - z - M_E / (energy + momentum)
    if edge <= 0.0:  # T_max but for rounding
        return 0.0, 0.0, 0.0
    A = math.log(edge)
    f_minus = (
        f0 * (2.0 * A - ln_1mz - 0.5 * ln_z - 5.0 / 12.0)
        + 0.5 * (L_z - L_beta)
        - 0.5 * ln_1mz**2
        - (11.0 / 12.0 + 0.5 * z) * ln_1mz
        + z * (ln_z + 0.5 * math.log(2.0 * q / M_E))
        - (31.0 / 18.0 + ln_z / 12.0) * beta
        - 11.0 / 12.0 * z
        + z * z / 24.0
    )
    y = 1.0 - z
    F_plus = (
        f0 * (y * y * (2.0 * A - ln_1mz - 0.5 * ln_z - 2.0 / 3.0) - 0.5 * (z * z * ln_z + y))
        - 0.5 * y * y * (ln_1mz**2 + beta * (L_1mz - ln_z * ln_1mz))
        + ln_1mz * (0.5 * z * z * ln_z + y / 3.0 * (2.0 * z - 0.5))
        - 0.5 * z * z * L_1mz
        - z * (1.0 - 2.0 * z) * ln_z / 3.0
        - z * y / 6.0
        - beta / 12.0 * (ln_z + y * (115.0 - 109.0 * z) / 6.0)
    )
    f_plus_minus = 2.0 * f0 * A
    scale = ALPHA / math.pi
    return scale * f_minus, scale * F_plus, -M_E * z / q * scale * f_plus_minus


@kernel()
def fill_kappa(T: list[float], charged_current: bool, out: list[float]) -> None:
    """Fill κ at every T."""
    for i in range(len(T)):
        out[i] = kappa(T[i], charged_current)


@kernel()
def fill_qed_factors(T: list[float], omega: list[float], out: list[list[float]]) -> None:
    """Fill the three factors at every (T, ω) below T_max, zero elsewhere."""
    for i in range(len(T)):
        if 0.0 < T[i] < 2.0 * omega[i] ** 2 / (M_E + 2.0 * omega[i]):
            out[0, i], out[1, i], out[2, i] = qed_factors(T[i], omega[i])  # type: ignore[call-overload]
