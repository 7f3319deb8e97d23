"""Titles of branches: read by uproot; without the method of uproot that they need, files are the same."""

import uproot
import uproot.writing._cascadetree as cascadetree
from support.small_event_files import events, write

from detsim.event_files import titles
from detsim.event_files.event_writer import EventFile


def test_branches_say_what_they_are(tmp_path):
    """Contract. Finds a newer uproot in which titles are set otherwise."""
    with uproot.open(write(tmp_path / "a.root", events(100))) as root:
        tree = root["events"]
        assert tree["E_nu"].title == "neutrino energy, 0 for a background [MeV]"
        assert tree["event"].title == "index of the event in its run; with seed and card it fixes the event"
        assert tree["T"].array(library="np").dtype == "float32"
        assert root["runinfo"]["n_events"].title == "n_events/L"


def test_without_uproot_s_method(tmp_path, monkeypatch):
    """Contract. Finds a future uproot, without the class or the method, in which no file can be written."""
    sample = events(100)
    with_titles = write(tmp_path / "a.root", sample)
    for number, name in enumerate(("_METHOD", "_CLASS")):
        monkeypatch.setattr(titles, name, "uproot.writing.no.such")
        with uproot.open(write(tmp_path / f"{number}.root", sample)) as root:
            assert root["events"]["E_nu"].title == "E_nu/F"
        with EventFile(tmp_path / f"{number}.root") as file, EventFile(with_titles) as other:
            sha256 = [{n: b["sha256"] for n, b in f.provenance["branches"].items()} for f in (file, other)]
            assert sha256[0] == sha256[1]


def test_the_method_of_uproot_is_put_back(tmp_path):
    before = cascadetree.Tree._branch_np
    write(tmp_path / "a.root", events(10))
    assert cascadetree.Tree._branch_np is before
