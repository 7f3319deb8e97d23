"""The matrix of twins: 1e7 events of every case against their expectation.

Run by hand from the top of the repository, `PYTHONPATH=.:tests python -m support.matrix`: prints a line
a case and writes tests/matrix.toml, which docs/explanation/validation.md shows. `pytest -m slow
tests/detsim/test_matrix.py` does the same.
"""

import time as clock
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import stats

from detsim.simulation.detection import detect
from detsim.simulation.monte_carlo import event_plan
from detsim.simulation.vertices import add_occurrence
from simgen.generator.true_events import generate
from simgen.interaction.crosssection import sigma
from simgen.sources.spectra import Lines
from support.distributions import Kolmogorov, baseline, coordinate, neutrino_energy, time, vertex
from support.matrix_cases import CASES
from support.twins import counts_pvalue

__all__ = ["ALPHA", "FLAT_ALPHA", "RECORD", "p_values", "summary"]

N = 10_000_000
ALPHA = 1e-5
"""For every p-value: with some 900 of them a false alarm in one run of a hundred. Seeds are fixed."""
FLAT_ALPHA = 1e-3
"""For the Kolmogorov-Smirnov test of all p-values of a kind, and of all together."""
RECORD = Path(__file__).parents[1] / "matrix.toml"
_CHUNK = 1_000_000


class _TrueEvents:
    """Quantities that are compared before the detector."""

    def __init__(self, case):
        experiment, model = case.experiment, case.model
        components, T_low = experiment.source.components, experiment.generate_above
        self.geometry = experiment.normalisation.geometry
        self.shares, self.tests = {}, {}
        for i, component in enumerate(components):
            if isinstance(component.spectrum, Lines):
                rows = zip(component.spectrum.energies, component.spectrum.intensities, strict=True)
                for line, (energy, intensity) in enumerate(rows):
                    cross = sigma(energy, model, flavour=component.flavour, T_low=T_low)
                    self.shares[i, line] = intensity * float(cross)
            else:
                edges, below = neutrino_energy(component, model, T_low)
                self.shares[i, 0] = below[-1]
                if below[-1] > 0:
                    self.tests["E_nu", i] = Kolmogorov(edges, below)
        self.tests["L", 0] = Kolmogorov(*baseline(self.geometry))
        self.tests["place", 0] = Kolmogorov(*vertex(self.geometry))
        self.tests["time", 0] = Kolmogorov(*time(experiment.exposure, experiment.source.half_life))
        self.counts = dict.fromkeys(self.shares, 0)

    def add(self, events):
        for i, line in self.counts:
            self.counts[i, line] += np.count_nonzero((events.component == i) & (events.line == line))
        for (kind, i), test in self.tests.items():
            match kind:
                case "E_nu":
                    test.add(events.E_nu[events.component == i])
                case "L":
                    test.add(events.L)
                case "place":
                    test.add(coordinate(self.geometry, events))
                case "time":
                    test.add(events.time)

    def p_values(self):
        found = {key: test.p_value for key, test in self.tests.items()}
        if len(self.shares) > 1:
            counts, shares = (np.array(list(x.values())) for x in (self.counts, self.shares))
            assert not counts[shares == 0].any()
            counts, shares = counts[shares > 0], shares[shares > 0]
            expected = shares / shares.sum() * counts.sum()
            found["line", 0] = float(stats.chisquare(counts, expected).pvalue)
        return found


def p_values(case, n=N, *, drawn=None):
    """Compare n events with the expectation of a case.

    Parameters
    ----------
    case : Case
    n : int
    drawn : Case, optional
        Another case to draw the events from, to see that it is noticed.

    Returns
    -------
    dict
        p-values by kind and component: "T_reco" (χ² of bins, flow bins and lost events), "line" (χ² of lines
        and components), "E_nu" (KS of a continuum), "L", "place", "time" (KS).
    """
    origin = drawn or case
    experiment = origin.experiment
    plan, true = event_plan(experiment, origin.model), _TrueEvents(case)
    edges = np.array([-np.inf, *experiment.detector.edges, np.inf])
    counts = np.zeros(len(edges) - 1, np.int64)
    for first in range(0, n, _CHUNK):
        events = generate(plan, min(_CHUNK, n - first), seed=case.seed, first=first)
        true.add(add_occurrence(events, experiment, origin.model, ("vertex", "time"), seed=case.seed))
        counts += np.histogram(detect(events, experiment, seed=case.seed).T_reco, edges)[0]
    return {("T_reco", 0): counts_pvalue(case.experiment, case.model, counts, n), **true.p_values()}


def summary(found):
    """Summarise p-values by kind and together: how many, the smallest and its case, KS p.

    Parameters
    ----------
    found : dict
        What `p_values` returned, by the case's name.
    """
    kinds = {}
    for name, values in found.items():
        for (kind, _), p in values.items():
            for group in ("all", kind):
                kinds.setdefault(group, []).append((p, name))
    rows = []
    for kind, pairs in kinds.items():
        flat = float(stats.kstest([p for p, _ in pairs], "uniform").pvalue)
        smallest, case = min(pairs)
        rows.append({"kind": kind, "n": len(pairs), "smallest": smallest, "case": case, "flat": flat})
    return rows


def _record(found, seconds):
    """Write the results, with the date and the processor time."""
    head = {"date": str(datetime.now(UTC).date()), "cases": len(found), "events": N}
    head |= {"processor_minutes": round(seconds / 60)}
    head |= {"alpha": ALPHA, "flat_alpha": FLAT_ALPHA}
    lines = ["# Written by tests/support/matrix.py: the outcome of its last run.", *_toml(head)]
    for row in summary(found):
        lines += ["\n[[kind]]", *_toml(row)]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(row):
    """Write texts and whole numbers as they are, other numbers with three digits."""
    kinds = {str: '{} = "{}"', float: "{} = {:.3g}"}
    return [kinds.get(type(value), "{} = {}").format(key, value) for key, value in row.items()]


def _main():
    found = {}
    for name, case in CASES.items():
        before = clock.process_time()
        found[name] = p_values(case)
        good = all(p > ALPHA for p in found[name].values())
        shown = " ".join(f"{k}{i or ''} {p:.3g}" for (k, i), p in found[name].items())
        verdict = "" if good else "FAILED "
        print(f"{verdict}{name} ({clock.process_time() - before:.0f} s): {shown}", flush=True)
    _record(found, clock.process_time())
    print(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    _main()
