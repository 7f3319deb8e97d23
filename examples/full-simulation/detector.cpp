// A stand-in for a full simulation of a detector: electrons of a HEPEVT file to measured energies in a CSV file.
//
//     g++ -O2 -std=c++17 -o detector detector.cpp
//     ./detector events.hepevt measured.csv SLOPE SEED
//
// A sphere of liquid scintillator. An electron of kinetic energy T at the radius r gives a Poisson number of
// photo-electrons with the mean T · 500/MeV · (1 + SLOPE · ((r/R)² - 3/5)); the factor is 1 in the mean over the
// sphere, and 1 everywhere for SLOPE = 0. The energy is this number divided by 500/MeV: the program does not
// know the place. Events of fewer than 50 photo-electrons are not recorded.
//
// It stands for Geant4, ratpac-two or your own program. Of those all that is needed here is a table with the
// number of the event and its energy.

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <random>

constexpr double electron_mass = 0.51099895e-3;  // GeV
constexpr double radius = 3000;                  // mm
constexpr double yield = 500;                    // photo-electrons per MeV
constexpr int least = 50;                        // photo-electrons

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: detector EVENTS.hepevt MEASURED.csv SLOPE SEED\n";
    return 2;
  }
  std::ifstream input(argv[1]);
  std::ofstream output(argv[2]);
  if (!input || !output) {
    std::cerr << "cannot open " << (input ? argv[2] : argv[1]) << '\n';
    return 1;
  }
  const double slope = std::atof(argv[3]);
  std::mt19937_64 random(std::strtoull(argv[4], nullptr, 10));
  output << "# made by detector.cpp, slope " << slope << "\nevent,T_reco [keV]\n" << std::setprecision(17);

  long long event;
  int n_particles;
  while (input >> event >> n_particles) {  // NEVHEP NHEP
    for (int i = 0; i < n_particles; ++i) {
      int status, pdg, mother[2], daughter[2];
      double p[5], x[4];  // GeV; mm, mm/c
      input >> status >> pdg >> mother[0] >> mother[1] >> daughter[0] >> daughter[1];
      for (double& value : p) input >> value;
      for (double& value : x) input >> value;
      if (!input) {
        std::cerr << argv[1] << " ends within event " << event << '\n';
        return 1;
      }
      if (status != 1 || pdg != 11) continue;  // only the scattered electron is tracked
      const double T = 1e3 * (p[3] - electron_mass);
      const double square = (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / (radius * radius);
      const double mean = T * yield * (1 + slope * (square - 0.6));
      const int n = mean > 0 ? std::poisson_distribution<int>(mean)(random) : 0;
      if (n >= least) output << event << ',' << 1e3 * n / yield << '\n';
    }
  }
  output.close();
  return output ? 0 : 1;
}
