// Open an event file, print what made it and how many events it has, and draw the measured energy.
//
//     root -b -q 'draw_events.C("events.root", "spectrum.png")'
//
// The suffix of the second argument chooses the format (png, pdf, ...). Files merged with hadd work too: their
// rows of `runinfo` stand side by side and are added here; each run has its cycle of `provenance`.

#include <cstdio>
#include <memory>
#include <string>

#include "TCanvas.h"
#include "TFile.h"
#include "TH1D.h"
#include "TKey.h"
#include "TObjString.h"
#include "TROOT.h"
#include "TString.h"
#include "TSystem.h"
#include "TTree.h"

namespace {

// Say what is wrong and leave ROOT with status 2.
void fail(const char* path, const char* reason) {
  std::fprintf(stderr, "%s: %s\n", path, reason);
  gSystem->Exit(2);
}

// Sum a column of the tree `runinfo` over the runs.
double sum(TTree* runinfo, const char* column) {
  const Long64_t n = runinfo->Draw(column, "", "goff");
  double total = 0;
  for (Long64_t i = 0; i < n; ++i) total += runinfo->GetV1()[i];
  return total;
}

}  // namespace

void draw_events(const char* input = "events.root", const char* output = "events.png", int bins = 100) {
  gROOT->SetBatch(true);
  std::unique_ptr<TFile> file(TFile::Open(input, "READ"));
  if (!file || file->IsZombie()) {
    fail(input, "cannot be opened");
    return;
  }
  auto* events = file->Get<TTree>("events");
  auto* runinfo = file->Get<TTree>("runinfo");  // written last: without it the file is not whole
  if (!events || !runinfo) {
    fail(input, "is not a whole event file: it needs the trees 'events' and 'runinfo'");
    return;
  }
  const double n_events = sum(runinfo, "n_events");
  if (n_events != double(events->GetEntries())) {
    fail(input, "is not whole: 'runinfo' and 'events' differ in the number of events");
    return;
  }

  // Provenance: JSON, one cycle for each run.
  for (auto* object : *file->GetListOfKeys()) {
    auto* key = static_cast<TKey*>(object);
    if (std::string(key->GetName()) != "provenance") continue;
    std::unique_ptr<TObjString> text(key->ReadObject<TObjString>());
    std::printf("provenance;%d %s\n", int(key->GetCycle()), text->GetString().Data());
  }

  std::printf("runs                 %lld\n", static_cast<long long>(runinfo->GetEntries()));
  std::printf("events               %.0f\n", n_events);
  std::printf("generated            %.0f\n", sum(runinfo, "n_generated"));
  std::printf("equivalent exposure  %g s\n", sum(runinfo, "equivalent_exposure"));

  // Events that were reweighted count by their weights.
  const bool weighted = events->GetBranch("weight") != nullptr;
  if (weighted) {
    std::printf("sum of weights       %.9g\n", sum(runinfo, "sum_w"));
    std::printf("sum of squares       %.9g\n", sum(runinfo, "sum_w2"));
  }

  // True events have T only, the detector adds T_reco.
  const bool detected = events->GetBranch("T_reco") != nullptr;
  const char* column = detected ? "T_reco" : "T";
  const double low = events->GetMinimum(column), high = events->GetMaximum(column);
  const double margin = high > low ? 0.02 * (high - low) : 0.5;

  TCanvas canvas("canvas", "events", 800, 600);
  canvas.SetLeftMargin(0.12);
  auto* spectrum = new TH1D("spectrum", "", bins, low - margin, high + margin);
  spectrum->SetDirectory(gROOT);
  spectrum->SetStats(false);
  spectrum->Sumw2();
  spectrum->GetXaxis()->SetTitle(detected ? "measured recoil energy T_{reco} [MeV]" : "recoil energy T [MeV]");
  spectrum->GetYaxis()->SetTitle(Form("%s / %.3g keV", weighted ? "sum of weights" : "events", 1e3 * spectrum->GetBinWidth(1)));
  gROOT->cd();
  events->Draw(Form("%s >> spectrum", column), weighted ? "weight" : "", "goff");
  spectrum->GetYaxis()->SetTitleOffset(1.6);
  spectrum->SetMinimum(0);
  spectrum->Draw("hist e");
  canvas.SaveAs(output);
}
