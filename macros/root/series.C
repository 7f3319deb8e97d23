// Read the files of a run as one: sums of `runinfo`, and the spectrum of the measured energy, weighted if there are weights.
//
//     root -b -q 'series.C("events-*.root", "spectrum.root")'
//
// A file of `nugauge merge` or of `hadd` works as well. Of the columns of `runinfo`, which has a row for each run,
// n_events, n_generated, sum_w, sum_w2, equivalent_exposure and n_experiments add up; first and last are the ends of
// ranges; cross_section is the same in all rows of one card; uuid names a run, and may be there once only.
// The histogram holds Σw with errors √Σw²; divide by the exposure for a rate.

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "ROOT/RDataFrame.hxx"
#include "TChain.h"
#include "TFile.h"
#include "TH1D.h"
#include "TROOT.h"
#include "TSystem.h"
#include "TTreeFormula.h"

namespace {

// Say what is wrong and leave ROOT with status 2.
void refuse(const char* files, const std::string& reason) {
  std::fprintf(stderr, "%s: %s\n", files, reason.c_str());
  gSystem->Exit(2);
}

// Return a column of `runinfo`, one value for each run.
std::vector<double> column(TChain& runinfo, const char* name) {
  const Long64_t n = runinfo.Draw(name, "", "goff");
  return std::vector<double>(runinfo.GetV1(), runinfo.GetV1() + n);
}

double sum(TChain& runinfo, const char* name) {
  double total = 0;
  for (const double value : column(runinfo, name)) total += value;
  return total;
}

// Return a run that is there twice; empty if there is none.
std::string repeated(TChain& runinfo) {
  std::set<std::string> known;
  int tree = -1;
  TTreeFormula* uuid = nullptr;
  std::string found;
  for (Long64_t i = 0; runinfo.LoadTree(i) >= 0 && found.empty(); ++i) {
    if (runinfo.GetTreeNumber() != tree) {
      delete uuid;
      uuid = new TTreeFormula("uuid", "uuid", runinfo.GetTree());
      tree = runinfo.GetTreeNumber();
    }
    runinfo.GetTree()->LoadTree(runinfo.GetTree()->GetReadEntry());
    uuid->GetNdata();
    const std::string name = uuid->EvalStringInstance();
    if (!known.insert(name).second) found = name;
  }
  delete uuid;
  return found;
}

}  // namespace

void series(const char* files = "events-*.root", const char* output = "spectrum.root", double low = 0,
            double high = 1, int bins = 100) {
  gROOT->SetBatch(true);
  TChain events("events"), runinfo("runinfo");
  if (events.Add(files, 0) == 0 || events.GetEntries() < 0) return refuse(files, "no such file");
  runinfo.Add(files, 0);
  if (runinfo.GetNtrees() != events.GetNtrees() || runinfo.GetEntries() < 1)
    return refuse(files, "a file is not whole: it has no tree 'runinfo', which is written last");
  const double n_events = sum(runinfo, "n_events");
  if (n_events != double(events.GetEntries()))
    return refuse(files, "a file is not whole: 'runinfo' and 'events' differ in the number of events");
  const std::string twice = repeated(runinfo);
  if (!twice.empty()) return refuse(files, "the run " + twice + " is there twice");

  ROOT::RDataFrame frame(events);
  if (!frame.HasColumn("T_reco")) return refuse(files, "true events: there is no T_reco");
  const bool weighted = frame.HasColumn("weight");
  const ROOT::RDF::TH1DModel model("T_reco", ";measured recoil energy T_{reco} [MeV]", bins, low, high);
  auto spectrum = weighted ? frame.Histo1D(model, "T_reco", "weight") : frame.Histo1D(model, "T_reco");
  spectrum->Sumw2();

  const double exposure = sum(runinfo, "equivalent_exposure");
  const std::vector<double> first = column(runinfo, "first"), last = column(runinfo, "last");
  std::printf("files                %d\n", events.GetNtrees());
  std::printf("runs                 %lld\n", static_cast<long long>(runinfo.GetEntries()));
  std::printf("events               %.0f\n", n_events);
  std::printf("generated            %.0f\n", sum(runinfo, "n_generated"));
  std::printf("index                %.0f to %.0f\n", *std::min_element(first.begin(), first.end()),
              *std::max_element(last.begin(), last.end()));
  std::printf("sum of weights       %.9g\n", sum(runinfo, "sum_w"));
  std::printf("sum of squares       %.9g\n", sum(runinfo, "sum_w2"));
  std::printf("equivalent exposure  %.12g s\n", exposure);
  std::printf("per day              %.6g\n", sum(runinfo, "sum_w") / (exposure / 86400));

  TFile file(output, "RECREATE");
  spectrum->Write("T_reco");
  file.Close();
}
