// Open an event file, print what made it and how many events it has, and draw the measured energy.
//
//     root -b -q 'draw_events.C("events.root", "spectrum.png")'
//
// The suffix of the second argument chooses the format (png, pdf, ...). Files merged with hadd work too: their
// rows of `runinfo` stand side by side and are added here; each run has its cycle of `provenance`, JSON, of which a
// summary is printed. All of it: nugauge inspect events.root, or file->Get<TObjString>("provenance;1")->Print().

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

// Find the end of a JSON string that begins at a place.
std::size_t end_of_string(const std::string& json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at;
}

// Return the value of a key of a JSON object, strings without their quotes; empty if it is not there.
std::string value_of(const std::string& json, const std::string& key) {
  int depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{' || json[i] == '[') ++depth;
    if (json[i] == '}' || json[i] == ']') --depth;
    if (json[i] != '"') continue;
    const std::size_t end = end_of_string(json, i);
    const std::size_t colon = json.find_first_not_of(" \n", end + 1);
    const bool found = depth == 1 && colon != std::string::npos && json[colon] == ':' && json.substr(i + 1, end - i - 1) == key;
    i = end;
    if (!found) continue;
    const std::size_t first = json.find_first_not_of(" \n", colon + 1);
    if (json[first] == '"') return json.substr(first + 1, end_of_string(json, first) - first - 1);
    std::size_t last = first;
    for (int inner = 0; last < json.size(); ++last) {
      if (json[last] == '"') last = end_of_string(json, last);
      if (json[last] == '{' || json[last] == '[') ++inner;
      if (json[last] == '}' || json[last] == ']') --inner;
      if (inner < 0 || (inner == 0 && json[last] == ',')) break;
    }
    return json.substr(first, last - first);
  }
  return "";
}

// Print what made a run: of the keys of its provenance those that a person looks for.
void print_provenance(int number, const std::string& json) {
  std::printf("run %d\n", number);
  for (const char* key : {"command", "card_name", "model", "seed", "components", "created", "uuid"}) {
    const std::string value = value_of(json, key);
    if (!value.empty()) std::printf("  %-17s  %s\n", key, value.c_str());
  }
  const std::string version = value_of(value_of(json, "versions"), "nugauge");
  if (!version.empty()) std::printf("  %-17s  %s\n", "nugauge", version.c_str());
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

  for (auto* object : *file->GetListOfKeys()) {
    auto* key = static_cast<TKey*>(object);
    if (std::string(key->GetName()) != "provenance") continue;
    std::unique_ptr<TObjString> text(key->ReadObject<TObjString>());
    print_provenance(int(key->GetCycle()), text->GetString().Data());
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
