"""Parts of coverage studies with calibrated intervals: results of all methods, and of one table only."""

import pytest
from support.invocation import CARD, answer, refusal

from detsim.files import checksum

AT = ("--at", "0,0.1")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Two calibration tables of the card, with different seeds."""
    directory = tmp_path_factory.mktemp("tables")
    paths = [directory / f"{seed}.root" for seed in (11, 12)]
    for seed, path in zip((11, 12), paths, strict=True):
        answer("calibrate", CARD, *AT, "-n", 40, "--part", "--seed", seed, "-o", path)
    return paths


def part(path, table, first, n, *options):
    arguments = ("-n", n, "--seed", 5, "--audit", 0, "--table", table, "-o", path, *options)
    return answer("coverage", CARD, *AT, "--first", first, *arguments)


@pytest.mark.parametrize("keep", ["rows", "sums"])
def test_toys_of_different_tables_do_not_join(tmp_path, tables, keep):
    """Contract: the message names the file and both tables; without calibrated methods tables do not matter."""
    first, other, plain = (tmp_path / f"{name}.root" for name in ("first", "other", "plain"))
    part(first, tables[0], 0, 10, "--keep", keep)
    part(other, tables[1], 10, 10, "--keep", keep)
    message = refusal("merge", tmp_path / "out.root", first, other)
    assert message.startswith(f"error: {other}: differs from {first} in thresholds: ")
    assert all(checksum(table) in message for table in tables)
    assert not (tmp_path / "out.root").exists()
    for path, table, at in ((plain, tables[0], 0), (other, tables[1], 10)):
        part(path, table, at, 10, "--keep", keep, "--method", "minos", "--force")
    answer("merge", tmp_path / "out.root", plain, other)
