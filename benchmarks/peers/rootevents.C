// Lines, recoils from their cubic CDF, smearing and threshold, the recorded ones to arrays: as one writes it in
// ROOT, with TRandom3.

#include <cmath>

#include "TRandom3.h"

long benchmark_events(long n, int n_lines, const double* cumulative, const double* energy, const double* p,
                      const double* q, const double* span, double stochastic, double threshold, unsigned seed,
                      int* line, double* E_nu, double* T, double* T_reco) {
  TRandom3 random(seed);
  long kept = 0;
  for (long i = 0; i < n; ++i) {
    double u = random.Rndm();
    int c = 0;
    while (c < n_lines - 1 && u >= cumulative[c]) ++c;
    const double below = c ? cumulative[c - 1] : 0.;
    u = (u - below) / (cumulative[c] - below);
    const double low = 1. - p[c] - q[c], high = 1. + p[c] + 2. * q[c];
    double x = u * (low + high) / (low + std::sqrt(low * low + (high - low) * (high + low) * u));
    for (int step = 0; step < 2; ++step)
      x -= (x * (low + x * (p[c] + x * q[c])) - u) / (low + x * (2. * p[c] + 3. * q[c] * x));
    const double recoil = x * span[c];
    const double measured = random.Gaus(recoil, stochastic * std::sqrt(recoil));
    if (measured >= threshold) {
      line[kept] = c;
      E_nu[kept] = energy[c];
      T[kept] = recoil;
      T_reco[kept++] = measured;
    }
  }
  return kept;
}
