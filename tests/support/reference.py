"""Physics written a second time, from the publications and in another form than in the packages.

Nothing here imports the modules under test but for the physical constants.
"""

import math

import mpmath
import numpy as np

from simgen.constants import ALPHA, M_E, MAGNETIC_SCALE, SIGMA0

S2 = 0.2312

# Table I of the paper: √40 Y_χ and √24 Y_ψ, left-handed fields
LEPTON_DOUBLET = (3, 1)
POSITRON = (-1, 1)


def eq3(T, omega, a, b, *, antineutrino=False, mu_nu=0.0):
    """Evaluate eq. (3) as printed, powers of T/ω collected, a = g_L + c_L and b = g_R [cm²/MeV]."""
    if antineutrino:
        a, b = b, a
    x = T / omega
    weak = a**2 + b**2 - (2 * b**2 + M_E / omega * a * b) * x + b**2 * x**2
    return SIGMA0 * weak + mu_nu**2 * MAGNETIC_SCALE * (1 / T - 1 / omega)


def recoil_end(omega):
    """Evaluate the largest recoil from four-momenta: backward scattering in the centre of mass."""
    s = M_E**2 + 2 * M_E * omega
    boost = (omega + M_E) / math.sqrt(s)
    velocity = omega / (omega + M_E)
    momentum = omega * M_E / math.sqrt(s)
    return boost * (math.hypot(momentum, M_E) + velocity * momentum) - M_E


def sm_couplings(flavour, s2=S2):
    """Return (g_L + c_L, g_R) of the standard model at tree level."""
    return (0.5 + s2 if flavour.endswith("nu_e") else -0.5 + s2), s2


def kappa(T, electron_flavour):
    """Evaluate κ(T), PRD 51, 6146, with 30 digits."""
    T = mpmath.mpf(T)
    x = mpmath.sqrt(1 + 2 * mpmath.mpf(M_E) / T)
    integral = (mpmath.mpf(1) / 3 + (3 - x**2) * (x / 2 * mpmath.log((x + 1) / (x - 1)) - 1)) / 6
    if electron_flavour:
        return mpmath.mpf("0.9791") + mpmath.mpf("0.0097") * integral
    return mpmath.mpf("0.9970") - mpmath.mpf("0.00037") * integral


def bks(
    T, omega, *, flavour="nu_e", corrections="full", s2=0.2317, neutral=None, delta_c_L=0.0, first_order=False
):
    """Evaluate dσ/dT of Bahcall, Kamionkowski and Sirlin with 30 digits [cm²/MeV].

    `neutral(T, ρ, κ)` gives other neutral-current couplings g_L, g_R; δc_L enters exactly or as in eq. (5).
    """
    with mpmath.workdps(30):
        mpf, ln = mpmath.mpf, mpmath.log
        T, q, m, s2 = mpf(T), mpf(omega), mpf(M_E), mpf(s2)
        z, E = T / q, T + m
        ell = mpmath.sqrt(E**2 - m**2)
        beta = ell / E
        rho, k = mpf("1.0126"), kappa(T, flavour.endswith("nu_e"))
        if corrections == "tree":
            rho = k = mpf(1)
        g_L, g_R = (rho * (k * s2 - mpf(1) / 2), rho * k * s2) if neutral is None else neutral(T, rho, k)
        delta = mpf(delta_c_L) if flavour.endswith("nu_e") else mpf(0)
        a, b = g_L + (1 + delta if flavour.endswith("nu_e") else 0), g_R
        a2, b2 = a**2 - (delta**2 if first_order else 0), b**2
        if flavour.startswith("anti"):
            a2, b2 = b2, a2
        f_minus = f_plus = f_mixed = mpf(0)
        if corrections == "full":

            def L(x):
                return -mpmath.re(mpmath.polylog(2, x))

            soft = E / ell * ln((E + ell) / m) - 1
            edge = ln(1 - z - m / (E + ell))
            f_minus = (
                soft * (2 * edge - ln(1 - z) - ln(z) / 2 - mpf(5) / 12)
                + (L(z) - L(beta)) / 2
                - ln(1 - z) ** 2 / 2
                - (mpf(11) / 12 + z / 2) * ln(1 - z)
                + z * (ln(z) + ln(2 * q / m) / 2)
                - (mpf(31) / 18 + ln(z) / 12) * beta
                - mpf(11) / 12 * z
                + z**2 / 24
            )
            f_plus = (
                soft
                * (
                    (1 - z) ** 2 * (2 * edge - ln(1 - z) - ln(z) / 2 - mpf(2) / 3)
                    - (z**2 * ln(z) + 1 - z) / 2
                )
                - (1 - z) ** 2 / 2 * (ln(1 - z) ** 2 + beta * (L(1 - z) - ln(z) * ln(1 - z)))
                + ln(1 - z) * (z**2 / 2 * ln(z) + (1 - z) / 3 * (2 * z - mpf(1) / 2))
                - z**2 / 2 * L(1 - z)
                - z * (1 - 2 * z) / 3 * ln(z)
                - z * (1 - z) / 6
                - beta / 12 * (ln(z) + (1 - z) * (115 - 109 * z) / 6)
            )
            f_mixed = 2 * soft * edge
        qed = mpf(ALPHA) / mpmath.pi
        left = a2 * (1 + qed * f_minus)
        right = b2 * ((1 - z) ** 2 + qed * f_plus)
        mixed = a * b * m / q * z * (1 + qed * f_mixed)
        return float(mpf(SIGMA0) * (left + right - mixed))


def bks_total(omega, *, flavour="nu_e", corrections="full", s2=0.2317, T_low=0.0):
    """Integrate `bks` over the recoil, the logarithm at the end with tanh-sinh quadrature [cm²]."""
    with mpmath.workdps(30):
        end = 2 * mpmath.mpf(omega) ** 2 / (mpmath.mpf(M_E) + 2 * mpmath.mpf(omega))
        if T_low >= end:
            return 0.0
        low, high = mpmath.mpf("1e-10"), mpmath.sqrt(1 - mpmath.mpf(max(T_low, 1e-13 * end)) / end)

        def integrand(u):
            T = end * (1 - u**2)
            return 2 * u * end * bks(T, omega, flavour=flavour, corrections=corrections, s2=s2)

        return float(mpmath.quad(integrand, [low, high]))


def mixing_angle(gamma, k):
    """Diagonalise the mass matrix [[x, kx], [kx, y]] whose eigenvalues are 1 and 1/γ.

    Returns
    -------
    phi, x : float
        Angle of the lighter state [rad], M² = R diag Rᵀ with R = [[c, s], [-s, c]], and x = M_Z0²/M_1².
    """
    trace, determinant = 1 + 1 / gamma, 1 / gamma
    # x (trace - x) - k²x² = determinant, the root next to 1
    x = min(np.roots([1 + k**2, -trace, determinant]).real)
    _, vectors = np.linalg.eigh(np.array([[x, k * x], [k * x, trace - x]]))
    light = vectors[:, 0] * np.sign(vectors[0, 0])
    return -math.asin(light[1]), float(x)


def constrained_k(name, *, s2=S2, tau=1.0):
    """Return δM²/M_Z0² of the models whose mixing is fixed by the Higgs vevs: "LR" or an E6 angle β."""
    if name == "LR":
        return -math.sqrt(1 - 2 * s2)
    C = 2 / math.sqrt(10) * math.cos(name) + 2 / math.sqrt(6) * math.sin(name) * (1 - tau) / (1 + tau)
    return -math.sqrt(5 / 3 * s2) * C


def propagate(left, right, *, gamma, phi, normalise_to_Z0):
    """Contract two currents (J_Z, J_Z') with the inverse of the Z-Z' mass matrix, in units of M_1².

    With `normalise_to_Z0` in units of M_Z0² = (M²)₀₀, which G_F fixes.
    """
    c, s = math.cos(phi), math.sin(phi)
    R = np.array([[c, s], [-s, c]])
    M2 = R @ np.diag([1.0, 1 / gamma]) @ R.T
    a, b, d = M2[0, 0], M2[0, 1], M2[1, 1]
    inverse = np.array([[d, -b], [-b, a]]) / (a * d - b * b)
    return float(np.asarray(left) @ inverse @ np.asarray(right)) * (a if normalise_to_Z0 else 1.0)


def hypercharge(entry, beta):
    """Eq. (6): Y_β = cosβ Y_χ + sinβ Y_ψ."""
    return math.cos(beta) * entry[0] / math.sqrt(40) + math.sin(beta) * entry[1] / math.sqrt(24)


def e6_currents(beta, s2, kappa=1.0):
    """Couplings to (Z, Z') in units of e/(s_W c_W) of ν, e_L, e_R.

    The Z' of E6 has the coupling √(5/3) e/c_W; e_R has the opposite charges of the field e^c.
    """
    extra = math.sqrt(5 / 3 * s2)
    doublet, singlet = hypercharge(LEPTON_DOUBLET, beta), -hypercharge(POSITRON, beta)
    nu = np.array([0.5, extra * doublet])
    left = np.array([-0.5 + kappa * s2, extra * doublet])
    right = np.array([kappa * s2, extra * singlet])
    return nu, left, right


def lr_currents(s2):
    """Couplings to (Z, Z_LR) of ν, e_L, e_R in the left-right model with g_L = g_R."""

    def both(T3L, T3R, Q):
        Z = T3L - s2 * Q
        return np.array([Z, (s2 * Z + (1 - s2) * (T3R - s2 * Q)) / math.sqrt(1 - 2 * s2)])

    return both(0.5, 0.0, 0), both(-0.5, 0.0, -1), both(0.0, -0.5, -1)


def beta_spectrum_mp(T_e, endpoint, Z, A, *, coulomb):
    """Evaluate p W q² F(Z, W) L0 of a β⁻ decay with 30 digits, T_e in MeV."""
    with mpmath.workdps(30):
        W = 1 + mpmath.mpf(T_e) / mpmath.mpf(M_E)
        W0 = 1 + mpmath.mpf(endpoint) / mpmath.mpf(M_E)
        p = mpmath.sqrt(W * W - 1)
        shape = p * W * (W0 - W) ** 2
        return shape * fermi_mp(T_e, Z, A) * L0_mp(T_e, Z, A) if coulomb else shape


def radius_mp(A):
    """Evaluate Elton's nuclear radius in reduced Compton wavelengths, ħc = 197.3269804 MeV fm."""
    A = mpmath.mpf(A)
    fm = mpmath.mpf("1.121") * mpmath.cbrt(A) + mpmath.mpf("2.426") / mpmath.cbrt(A) - mpmath.mpf("6.614") / A
    return fm * mpmath.mpf(M_E) / mpmath.mpf("197.3269804")


def fermi_mp(T_e, Z, A):
    """Evaluate F = 2(1+γ₀)(2pR)^(2γ₀-2) e^{πy} |Γ(γ₀+iy)|²/Γ(1+2γ₀)² with 30 digits."""
    with mpmath.workdps(30):
        W = 1 + mpmath.mpf(T_e) / mpmath.mpf(M_E)
        p = mpmath.sqrt(W * W - 1)
        g = mpmath.sqrt(1 - (mpmath.mpf(ALPHA) * Z) ** 2)
        y = mpmath.mpf(ALPHA) * Z * W / p
        ratio = abs(mpmath.gamma(mpmath.mpc(g, y))) ** 2 / mpmath.gamma(1 + 2 * g) ** 2
        return 2 * (1 + g) * (2 * p * radius_mp(A)) ** (2 * g - 2) * mpmath.exp(mpmath.pi * y) * ratio


def L0_mp(T_e, Z, A):
    """Evaluate Wilkinson's L0 without its fitted remainders (RMP 90, 015008, eq. 16)."""
    with mpmath.workdps(30):
        W = 1 + mpmath.mpf(T_e) / mpmath.mpf(M_E)
        aZ, R = mpmath.mpf(ALPHA) * Z, radius_mp(A)
        g = mpmath.sqrt(1 - aZ**2)
        first = W * R * aZ / 15 * (41 - 26 * g) / (2 * g - 1)
        second = aZ * R * g / (30 * W) * (17 - 2 * g) / (2 * g - 1)
        return 1 + 13 * aZ**2 / 60 - first - second
