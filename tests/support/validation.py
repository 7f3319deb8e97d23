"""Write docs: validation.md: every number from outside the project against ours, and the matrix of twins.

Run by hand from the top of the repository, `PYTHONPATH=.:tests python -m support.validation`; a
test compares the document with what this would write.
"""

import sys
import tomllib
from pathlib import Path

from support.pages import DOCS

_TOP = Path(__file__).resolve().parents[2]

__all__ = ["DOCUMENT", "document", "rows"]

DOCUMENT = DOCS / "explanation" / "validation.md"

_TITLES = {
    "total_cross_section": "σ(ν e)",
    "average_cross_section": "σ averaged over a source",
    "differential_cross_section": "dσ/dT, full",
    "recoil_end": "T_max",
    "coupling_shift": "δg/(γ s²) at φ = 0",
    "blind_direction": "β at which γ cannot be measured",
    "charge_radius_scale": "shift of g_L and g_R by a charge radius of 10⁻³² cm²",
    "mass_bound": "γ at a mass of the Z'",
    "mixing_effect": "change of the rate of the 747.3 keV line above 250 keV",
    "half_life": "half-life",
    "branch": "neutrinos per 100 decays",
    "k_capture": "K shell's share of captures",
    "line": "neutrino line",
    "end_point": "end point",
    "evaluated_mean": "mean beta energy",
    "pr144_rate": "recoils that C(W) adds to the 2997.5 keV branch of ¹⁴⁴Pr",
    "stopping_power": "collision stopping power",
    "mean_beta_energy": "mean beta energy",
    "electrons": "electrons in a target",
    "counts": "expected counts in the paper's bins, SM",
    "light_mediator": "recorded in BOREXINO without threshold, vector mediator of 1 keV, g = 1e-12",
    "measured": "",
    "sensitivity": "K of γ95 = Kσ, two-sided",
    "statistical_bound": "γ95 of statistics alone, LAMA",
    "bound_at_error": "95 % bound at an error per bin",
    "lama_effects": "change of LAMA's bins",
    "feldman_cousins_counts": "interval of counts",
    "feldman_cousins_gaussian": "interval of a Gaussian bounded at 0",
}
_MEASURED = {
    "borexino": "solar ⁷Be line in Borexino, all recoil energies (preset `borexino-be7`)",
    "lampf": "σ(ν_e e)/E at 31.7 MeV, tree level",
    "lampf full": "σ(ν_e e)/E at 31.7 MeV, full",
    "ferrari": "1.67 MCi of ⁵¹Cr 8.25 m from Borexino's centre, T > 250 keV",
}
_UNSHOWN = {"value", "unit", "tolerance", "reason", "source", "what", "lines"}
_KEYS = {"E_nu": "E_nu {} MeV", "T_low": "T > {} MeV", "electron_mass": "m_e {} MeV", "mass_GeV": "{} GeV"}
_KEYS |= {"share_of_T_max": "T/T_max {}", "error": "error {}", "tonnes": "{} t", "bin": "bin {}"}
_KEYS |= {
    "end_point": "end point {} keV",
    "density_effect": "δ {}",
    "mean_excitation": "I {}",
    "T": "T {} MeV",
}
_KEYS |= {"line": "number {}", "to": "to {}", "sin2_theta_w": "s² {}", "mixing": "mixing: {}", "side": "g_{}"}
_KEYS |= {"n": "n = {}", "b": "b = {}", "x0": "x0 = {}", "level": "level {}", "end": "{} end"}

_HEAD = """# Validation

Every number from outside the project with which the code is compared: published values, and evaluations that
share no code with it. Made by `PYTHONPATH=.:tests python -m support.validation` from
[tests/golden.toml](../../tests/golden.toml), where each number stands with its source and the reason of its
tolerance; the test suite checks each row, and that this page is current. Tolerances are absolute, in the
unit of the row; {good} of {n} rows agree within them.

| quantity | number | ours | difference | tolerance | unit | source |
|---|---|---|---|---|---|---|
"""


_MATRIX = """
## Simulation against quadrature

The matrix of twins: each of {sources} sources with each of {models} models, with the responses and the
geometries in turn; {events:,} events a case, drawn one by one, against integrals that share no code with
the drawing. Measured energies are compared by χ² over all bins, flow bins and lost events, lines and
components by χ² of their numbers, and by Kolmogorov-Smirnov tests the neutrino energies of each continuum,
the path length L of the neutrino, a coordinate of the vertex and the time. Every p-value must exceed
{alpha:g}, and together they must be flat, p > {flat_alpha:g}.

Recorded on {date} by `PYTHONPATH=.:tests python -m support.matrix`: {cases} cases in {processor_minutes}
minutes of one processor. The test suite compares this page with the record, and runs the matrix again only
when asked to, by `pytest -m slow tests/detsim/test_matrix.py`.

| p-values of | their number | the smallest | its case (source, model, response, geometry) | p of flatness |
|---|---|---|---|---|
"""
_KINDS = {
    "all": "all together",
    "T_reco": "measured energies",
    "line": "lines and components",
    "E_nu": "neutrino energies",
    "L": "L",
    "place": "vertices",
    "time": "times",
}


def rows():
    """Evaluate every entry: group, entry, our value."""
    from support.evaluations import EVALUATIONS
    from support.golden import entries, golden

    return [
        (group, case.values[0], float(EVALUATIONS[group](case.values[0])))
        for group in golden()
        for case in entries(group)
    ]


def _quantity(group, row):
    """Say in words what an entry is."""
    title = _TITLES[group]
    if group == "measured":
        title = _MEASURED[row["what"]]
    elif "what" in row:
        title = f"{title}, {row['what']}"
    words = {("bin", -1): "all bins", ("coulomb", True): "with Fermi function", ("T_low", 0.0): ""}
    words[("coulomb", False)] = "without Fermi function"
    details = [words.get((k, v), _KEYS.get(k, "{}").format(v)) for k, v in row.items() if k not in _UNSHOWN]
    return ", ".join([title, *filter(None, details)])


def document(found):
    """Compose the page."""
    good = sum(abs(ours - row["value"]) <= row["tolerance"] for _, row, ours in found)
    lines = [_HEAD.format(good=good, n=len(found))]
    for group, row, ours in found:
        cells = (
            _quantity(group, row),
            f"{row['value']:.7g}",
            f"{ours:.5g}",
            f"{round(ours - row['value'], 12):+.1g}" if abs(ours - row["value"]) > 1e-10 else "0",
            f"{row['tolerance']:.2g} ({row['reason']})",
            row["unit"],
            row["source"],
        )
        lines.append("| " + " | ".join(cells) + " |\n")
    return "".join([*lines, *_matrix()])


def _matrix():
    """Show the record of the matrix of twins."""
    from support.matrix import RECORD
    from support.matrix_cases import CASES

    record = tomllib.loads(RECORD.read_text(encoding="utf-8"))
    sources, models = (len({name.split(", ")[i] for name in CASES}) for i in (0, 1))
    yield _MATRIX.format(sources=sources, models=models, **record)
    for row in record["kind"]:
        cells = (
            _KINDS[row["kind"]],
            str(row["n"]),
            f"{row['smallest']:.2g}",
            row["case"],
            f"{row['flat']:.2g}",
        )
        yield "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    sys.path[:0] = [str(_TOP), str(_TOP / "tests")]
    DOCUMENT.write_text(document(rows()), encoding="utf-8")
