"""Parts of coverage studies with calibrated intervals: results of all methods, and of one table only."""

import pytest
from support.examples import few
from support.invocation import CARD, answer, invoke, refusal

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


@pytest.mark.parametrize("keep", few(["rows", "sums"], "sums"))
def test_toys_of_different_tables_do_not_join(tmp_path, tables, keep):
    """Contract: file and both tables are named; without calibrated methods tables do not matter."""
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


@pytest.mark.parametrize("keep", few(["rows", "sums"], "rows"))
def test_joined_results_have_all_methods(tmp_path, tables, keep):
    """The result of joined files is that of one run: document, verdict and text."""
    whole, joined = tmp_path / "whole.root", tmp_path / "joined.root"
    parts = [tmp_path / f"{first}.root" for first in (0, 15)]
    document = part(whole, tables[0], 0, 40, "--keep", keep)
    for path, n in zip(parts, (15, 25), strict=True):
        part(path, tables[0], int(path.stem), n, "--keep", keep)
    result = answer("merge", joined, *parts)["result"]
    assert {"hesse", "feldman-cousins", "calibrated", "cls"} <= set(result["points"][0]["methods"])
    for key in set(result) - {"audit"}:
        assert result[key] == document[key], key
    arguments = ("-n", 40, "--seed", 5, "--audit", 0, "--table", tables[0], "-o", whole, "--keep", keep)
    said = invoke("coverage", CARD, *AT, *arguments, "--force").stdout
    assert said.strip()
    assert invoke("merge", joined, *parts, "--force").stdout.startswith(said)


def test_parts_with_one_method(tmp_path, tables):
    """Rows of one calibrated method alone: nothing else is looked for in them."""
    parts = [tmp_path / f"{first}.root" for first in (0, 10)]
    for path in parts:
        part(path, tables[0], int(path.stem), 10, "--method", "cls")
    result = answer("merge", tmp_path / "joined.root", *parts)["result"]
    assert [list(point["methods"]) for point in result["points"]] == [["cls"], ["cls"]]
