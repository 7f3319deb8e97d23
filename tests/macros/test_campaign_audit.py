"""The audit of a campaign, which its chunks share."""

import numpy as np
import pytest
from support.chunked import CARD, SEED, Inline, chunk_files, merged
from support.examples import every
from support.invocation import answer, refusal

import nugauge
from analysis.fits.audit import audit_sample
from detsim.event_files import TableFile

pytestmark = pytest.mark.usefixtures("short_trial")


def origins(directory):
    for path in chunk_files(directory):
        with TableFile(path, "toys") as table:
            yield table.provenances[0], table.arrays(["toy"])["toy"]


@pytest.mark.parametrize(
    ("task", "at"), every(2, [("coverage", ("--at", "0,0.1")), ("toys", ())], unpack=True)
)
def test_chunks_share_the_audit(tmp_path, task, at):
    """Contract: the random toys of one run, each in its chunk; at most one of the worst in a chunk."""
    directory, n, size, wanted = tmp_path / "c", 60, 20, 4
    options = (task, CARD, *at, "-n", n, "--seed", SEED, "--audit", wanted)
    answer("campaign", "new", directory, *options, "--chunk-size", size)
    assert nugauge.run_campaign(directory, Inline()).complete
    audits = [origin["audit"] for origin, _ in origins(directory)]
    values = 2 if at else 1
    sample = audit_sample(SEED, values * n, wanted)
    shares = np.bincount(sample % n // size, minlength=n // size)
    assert [audit["n"] - audit["n_worst"] for audit in audits] == shares.tolist()
    assert all(audit["n_worst"] <= 1 for audit in audits)
    assert any(audit["n_worst"] for audit in audits)
    whole = tmp_path / "whole.root"
    answer(*options, "-o", whole)
    with TableFile(whole, "toys") as table:
        assert merged(directory) == {name: branch["sha256"] for name, branch in table.branches.items()}


def test_a_part_says_of_what(tmp_path):
    path = tmp_path / "x.root"
    part = ("toys", CARD, "--first", 10, "-n", 10, "--seed", SEED, "-o", path)
    assert "toys 10 to 19 are no part of a study of 15" in refusal(*part, "--audit-of", 15)
    assert not path.exists()
    assert "the campaign sets it" in refusal("campaign", "new", tmp_path / "c", *part[:2], "-n", 9,
                                             "--audit-of", 9)  # fmt: skip
