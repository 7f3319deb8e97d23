"""Checksum of provenance and runinfo: every flipped byte, schemas, contradictions, what is read back."""

import hashlib
import json

import numpy as np
import pytest
import uproot
from support.examples import every
from support.joining import merge
from support.provenance_files import write_events

from detsim.event_files import provenance
from detsim.event_files.event_writer import EventFile, FileError
from detsim.event_files.inspect import describe

SMALL_ORIGIN = {"versions": {"nugauge": "0"}, "python": "3", "platform": "x", "cpu": {}, "git": None}


def spans(path):
    """First byte, values and end of the provenance object and of each basket of runinfo."""
    with uproot.open(path) as root:
        key = root.key("provenance")
        start, stop = key.fSeekKey, key.fSeekKey + key.fNbytes
        found = [(start, range(start + key.fKeylen + 21, stop), stop)]
        for branch in root["runinfo"].branches:
            start, key = int(branch.member("fBasketSeek")[0]), branch.basket(0)
            first, stop = start + key.member("fKeylen"), start + key.member("fNbytes")
            text = branch.name == "uuid"  # between its length and where it ends
            found.append((start, range(first + 1, first + 37) if text else range(first, stop), stop))
    return found


def content(path):
    """All that an analysis takes from a file beside its columns; None if it is refused."""
    try:
        with EventFile(path) as file:
            found = file.rows, file.provenances, {k: v.tobytes() for k, v in file.arrays().items()}
        return found if describe(path)["complete"] else None
    except FileError:
        return None


@pytest.mark.parametrize(
    ("layout", "step"),
    every(
        2,
        [
            ("ttree", 37),
            ("rntuple", 41),
            pytest.param("ttree", 7, marks=pytest.mark.long),
            pytest.param("rntuple", 11, marks=pytest.mark.long),
            pytest.param("ttree", 1, marks=pytest.mark.slow),
        ],
        unpack=True,
    ),
)
def test_no_flipped_byte_passes(tmp_path, monkeypatch, layout, step):
    """Property: a byte of the provenance or of runinfo that is flipped is found, or changes nothing."""
    monkeypatch.setattr("detsim.event_files.writer.origin", lambda: SMALL_ORIGIN)
    path, flipped = write_events(tmp_path / "a.root", layout=layout), tmp_path / "b.root"
    original, data = content(path), path.read_bytes()
    assert original is not None
    for start, values, stop in spans(path):
        for i in range(start, stop, step):
            changed = bytearray(data)
            changed[i] ^= 1 << (i % 8)
            flipped.write_bytes(changed)
            found = content(flipped)
            assert found in (None, original), i
            if i in values:
                assert found is None, i


def test_the_checksum_is_what_the_document_says(tmp_path):
    """Closed form: SHA-256 of the canonical JSON, spelt out here."""
    path = write_events(tmp_path / "a.root", n=2)
    with uproot.open(path) as root:
        document = json.loads(str(root["provenance"]))
        uuid = str(root["runinfo"]["uuid"].array()[0])
    stated = document.pop("digest")
    runinfo = (
        '{"cross_section":1e-44,"equivalent_exposure":1728000.5,"first":0,"first_experiment":0,"last":1,'
        '"n_events":2,"n_experiments":0,"n_generated":2,"sum_w":2.0,"sum_w2":2.0,"uuid":"' + uuid + '"}'
    )
    origin = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert "\\u00e9 \\u03b3" in origin
    text = '{"provenance":' + origin + ',"runinfo":' + runinfo + "}"
    assert stated == hashlib.sha256(text.encode("ascii")).hexdigest()
    assert document["schema"] == 2


def rewrite(path, target, change):
    """Copy a file with another provenance and row of runinfo, as they stand."""
    with uproot.open(path) as root, uproot.recreate(target) as out:
        document = json.loads(str(root["provenance"]))
        row = {b.name: b.array()[0] for b in root["runinfo"].branches}
        row = {k: str(v) if k == "uuid" else v.item() for k, v in row.items()}
        change(document, row)
        events = root["events"].arrays(library="np")
        out.mktree("events", {k: v.dtype for k, v in events.items()}).extend(events)
        out["provenance"] = json.dumps(document)
        types = {k: "string" if isinstance(v, str) else np.asarray(v).dtype for k, v in row.items()}
        out.mktree("runinfo", types).extend({k: [v] for k, v in row.items()})
    return target


@pytest.mark.parametrize(
    ("change", "message"),
    every(
        6,
        [
            (lambda p, _: p.update(seed=2), "is damaged: the checksum of the provenance and 'runinfo'"),
            (lambda _, r: r.update(equivalent_exposure=1e6), "is damaged: the checksum"),
            (lambda _, r: r.update(sum_w=20), "is damaged: the checksum"),  # an integer is not a float
            (lambda p, _: p.pop("digest"), "is damaged: the checksum"),
            (lambda p, _: p.update(schema=1), "is damaged: the checksum"),
            (lambda p, _: p.update(seed=float("nan")), "is damaged: the checksum"),
            (lambda p, _: p.update(schema=3), "states the schema 3, and this version reads 1 and 2"),
            (lambda p, _: p.update(schema="2"), "states the schema '2'"),
            (lambda p, _: p.update(schema=True), "states the schema True"),
            (lambda p, _: p.pop("schema"), "states no number of a schema"),
            (lambda p, _: p["branches"]["T"].pop("sha256"), "in which branch 'T' lacks sha256"),
        ],
        unpack=True,
    ),
)
def test_what_is_changed_is_refused(tmp_path, change, message):
    path = write_events(tmp_path / "a.root")
    assert content(rewrite(path, tmp_path / "same.root", lambda *_: None)) == content(path)
    with pytest.raises(FileError, match=message):
        EventFile(rewrite(path, tmp_path / "b.root", change))


def without_checksum(document, _):
    document.update(schema=1)
    document.pop("digest")


def test_schema_1_is_read_with_a_warning(tmp_path):
    """Contract: old files are read with a warning."""
    path = write_events(tmp_path / "a.root")
    old = rewrite(path, tmp_path / "old.root", without_checksum)
    with pytest.warns(
        provenance.ChecksumWarning, match=r"old\.root: its provenance has no checksum, as it was written"
    ):
        file = EventFile(old)
    file.close()
    joined = merge(tmp_path / "joined.root", old, write_events(tmp_path / "b.root", seed=2))
    with pytest.warns(provenance.ChecksumWarning, match="no checksum for 1 of its 2 runs"):
        file = EventFile(joined)
    assert file.runinfo.n_events == 40
    file.close()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"n_generated": 19}, "20 events of 19 that were drawn"),
        ({"sum_w": 21.0}, "20 events without weights, Σw = 21"),
        ({"sum_w2": 19.0}, "Σw² = 19"),
        ({"equivalent_exposure": 0.0}, "an exposure of 0 s, in which 20 events"),
        ({"last": 18}, "20 events were drawn, first and last 19"),
    ],
)
def test_contradictions(tmp_path, row, message):
    """Contract: neither written nor read; in files of schema 1 only these checks find a flipped bit."""
    with pytest.raises(ValueError, match=message):
        write_events(tmp_path / "a.root", **row)
    assert not list(tmp_path.iterdir())

    def change(document, stated):
        without_checksum(document, stated)
        stated.update(row)

    broken = rewrite(write_events(tmp_path / "a.root"), tmp_path / "b.root", change)
    with pytest.raises(FileError, match=f"contradicts itself: .*{message}"):
        EventFile(broken)


def test_weights_that_cannot_be(tmp_path):
    """Closed form: (Σw)² ≤ n Σw², with equality for equal weights."""
    w = np.full(20, 0.1)
    write_events(tmp_path / "a.root", weight=w)
    with pytest.raises(ValueError, match=r"cannot have weights with Σw = 2\.1"):
        write_events(tmp_path / "b.root", weight=w, sum_w=2.1)


@pytest.mark.filterwarnings("ignore:.*provenance has no checksum")
def test_columns_and_what_is_said_of_them(tmp_path):
    """Contract: weights that do not add up, components without a name, events outside the run."""
    path = write_events(tmp_path / "a.root", weight=np.linspace(0.1, 2, 20))
    for name, value in {"sum_w": 20.5, "sum_w2": 31.0}.items():

        def change(document, row, stated=(name, value)):
            without_checksum(document, row)
            row.update([stated])

        broken = rewrite(path, tmp_path / "b.root", change)
        assert not describe(broken)["complete"]
        assert f"runinfo says {name} = {value:g}, the weights" in describe(broken)["problem"]
        with EventFile(broken) as file, pytest.raises(FileError, match=f"{name} = .*, the weights"):
            list(file.iterate(["T_reco", "weight"], step=7))

    def without_components(document, row):
        without_checksum(document, row)
        document.update(components=[])

    broken = rewrite(path, tmp_path / "b.root", without_components)
    assert "component is 0 to 0, and may be 0 to -1" in describe(broken)["problem"]
