"""RooFit in ROOT: one likelihood and one minimiser for all toys, the loop over them compiled.

With the argument `whole` it does all that a whole toy needs: MIGRAD, HESSE, MINOS at 95 %, and MINOS at 90 %,
whose upper end is a one-sided limit.
"""

import sys
import time
import warnings

warnings.simplefilter("ignore")

import numpy as np
import ROOT
from numpy.typing import NDArray

from benchmarks.peers.worker import Fits, serve
from benchmarks.spec import SHAPE, Spec

_LOOP = """
void benchmark_fits(RooAbsReal& nll, RooMinimizer& minimiser, RooDataHist& data, RooRealVar& poi,
                    RooArgList& pulls, RooArgList& measured, const double* counts, const double* auxiliary,
                    int first, int n, int n_bins, double truth, bool whole, double* best, double* free,
                    double* held) {
  const int m = pulls.size();
  for (int i = first; i < first + n; ++i) {
    for (int j = 0; j < n_bins; ++j) data.set(j, counts[i * n_bins + j], 0.);
    for (int j = 0; j < m; ++j) static_cast<RooRealVar&>(measured[j]).setVal(auxiliary[i * m + j]);
    nll.setData(data, false);
    auto begin = [&]() {
      poi.setVal(truth); poi.setError(1.);
      for (int j = 0; j < m; ++j) {
        auto& x = static_cast<RooRealVar&>(pulls[j]); x.setVal(0.); x.setError(1.);
      }
    };
    begin();
    poi.setConstant(false);
    minimiser.minimize("Minuit2", "migrad");
    best[i] = poi.getVal(); free[i] = 2. * nll.getVal();
    if (whole) {
      minimiser.hesse();
      for (double rise : {3.841459, 2.705543}) {
        minimiser.setErrorLevel(0.5 * rise);
        minimiser.minos(RooArgSet(poi));
      }
      minimiser.setErrorLevel(0.5);
    }
    begin();
    poi.setConstant(true);
    if (m) minimiser.minimize("Minuit2", "migrad");
    held[i] = 2. * nll.getVal();
    poi.setConstant(false);
  }
}
"""


class Model:
    """μ as a sum of histograms times products of parameters: what HistFactory builds."""

    def __init__(self, spec: Spec) -> None:
        n_bins = spec.powers.shape[2]
        self.kept: list[object] = []
        self.bin = ROOT.RooRealVar("bin", "", 0.0, float(n_bins))
        self.bin.setBins(n_bins)
        self.poi = ROOT.RooRealVar("gamma", "", spec.truth / spec.width, -1e3, 1e3)
        self.pulls, self.measured = ROOT.RooArgList(), ROOT.RooArgList()
        constraints = ROOT.RooArgList()
        for m in range(len(spec.sigma)):
            x = self._keep(ROOT.RooRealVar(f"x{m}", "", 0.0, -20.0, 20.0))
            a = self._keep(ROOT.RooRealVar(f"a{m}", "", 0.0, -20.0, 20.0))
            a.setConstant(True)
            self.pulls.add(x)
            self.measured.add(a)
            constraints.add(self._keep(ROOT.RooGaussian(f"c{m}", "", a, x, ROOT.RooFit.RooConst(1.0))))
        functions, coefficients = ROOT.RooArgList(), ROOT.RooArgList()
        for name, contents, parts in self._terms(spec):
            functions.add(self._histogram(f"h_{name}", contents))
            coefficients.add(self._keep(ROOT.RooProduct(f"k_{name}", "", ROOT.RooArgList(*parts))))
        self.sum = ROOT.RooRealSumPdf("sum", "", functions, coefficients, True)
        self.sum.setAttribute("BinnedLikelihood")
        constraints.add(self.sum)
        self.pdf = ROOT.RooProdPdf("model", "", constraints) if len(spec.sigma) else self.sum
        self.data = ROOT.RooDataHist("data", "", ROOT.RooArgSet(self.bin))

    def _keep(self, made):  # type: ignore[no-untyped-def]
        self.kept.append(made)
        return made

    def _histogram(self, name: str, contents: NDArray[np.float64]):  # type: ignore[no-untyped-def]
        data = self._keep(ROOT.RooDataHist(f"{name}_data", "", ROOT.RooArgSet(self.bin)))
        for i, content in enumerate(contents):
            data.set(i, float(content), 0.0)
        return self._keep(ROOT.RooHistFunc(name, "", ROOT.RooArgSet(self.bin), data))

    def _polynomial(self, name: str, x, *coefficients: float):  # type: ignore[no-untyped-def]
        constants = ROOT.RooArgList()
        for i, c in enumerate(coefficients):
            constants.add(self._keep(ROOT.RooConstVar(f"{name}_{i}", "", float(c))))
        return self._keep(ROOT.RooPolyVar(name, "", x, constants, 0))

    def _terms(self, spec: Spec):  # type: ignore[no-untyped-def]
        """List name, histogram and factors of every term of μ that is not 0."""
        norms: dict[int, list[object]] = {}
        for m, (sigma, target) in enumerate(zip(spec.sigma, spec.target, strict=True)):
            if target != SHAPE:
                norms.setdefault(int(target), []).append(self._polynomial(f"f{m}", self.pulls[m], 1.0, sigma))
        one = self._keep(ROOT.RooConstVar("one", "", 1.0))
        square = self._polynomial("square", self.poi, 0.0, 0.0, 1.0)
        shape = [[]]
        if spec.shape is not None:
            x = self.pulls[spec.shape]
            shape += [[x], [self._polynomial("x_square", x, 0.0, 0.0, 1.0)]]
        for layer, bend in enumerate(shape):
            for k, own in enumerate(([], [self.poi], [square])):
                contents = spec.powers[k, layer] * spec.width**k
                if contents.any():
                    yield f"s{k}_{layer}", contents, [*norms.get(0, []), *own, *bend] or [one]
            for j, background in enumerate(spec.backgrounds):
                if background[layer].any():
                    yield f"b{j}_{layer}", background[layer], [*norms.get(1 + j, []), *bend] or [one]

    def likelihood(self, backend: str):  # type: ignore[no-untyped-def]
        """Make -ln L."""
        options = [ROOT.RooFit.EvalBackend(backend)]
        if len(self.pulls):
            options.append(ROOT.RooFit.Constrain(ROOT.RooArgSet(self.pulls)))
            options.append(ROOT.RooFit.GlobalObservables(ROOT.RooArgSet(self.measured)))
        return self.pdf.createNLL(self.data, *options)


def make(spec: Spec, n: int) -> tuple[Fits, str]:
    """Try evaluation and strategies, and take the fastest."""
    ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.FATAL)
    ROOT.gInterpreter.Declare(_LOOP)
    counts, auxiliary = np.ascontiguousarray(spec.counts), np.ascontiguousarray(spec.auxiliary)
    auxiliary = auxiliary if auxiliary.size else np.zeros(1)  # an empty buffer is no pointer
    models, tried = [], []

    def prepare(backend: str, strategy: int) -> Fits:
        model = Model(spec)
        nll = model.likelihood(backend)
        minimiser = ROOT.RooMinimizer(nll)
        minimiser.setPrintLevel(-1)
        minimiser.setStrategy(strategy)
        minimiser.optimizeConst(2)
        models.append((model, nll, minimiser))

        def fits(number: int) -> tuple[NDArray[np.float64], ...]:
            found = np.zeros((3, len(counts)))
            ROOT.benchmark_fits(
                nll, minimiser, model.data, model.poi, model.pulls, model.measured, counts, auxiliary,
                0, number, counts.shape[1], spec.truth / spec.width, "whole" in sys.argv[3:], *found,
            )  # fmt: skip
            return found[0, :number] * spec.width, found[1, :number], found[2, :number]

        return fits  # type: ignore[return-value]

    for backend in ("cpu", "legacy"):
        for strategy in (0, 1):
            fits, few = prepare(backend, strategy), min(n, 100)
            fits(few)
            begin = time.perf_counter()
            fits(few)
            tried.append((time.perf_counter() - begin, backend, strategy, fits))
    _, backend, strategy, fits = min(tried, key=lambda t: t[0])
    return fits, f"ROOT {ROOT.gROOT.GetVersion()}, {backend}, strategy {strategy}"


if __name__ == "__main__":
    serve(make)
