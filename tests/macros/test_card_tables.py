"""Tables in files that are wrong: one message, with key, file, line, and what would be right."""

import pytest
from support.card_faults import faults_of

RATE = 'rate="3 /d", uncertainty=0'
KEYS = {
    "sigma": ("detector.resolution", "energy,sigma", "5", ""),
    "true": ("detector.efficiency", "energy,efficiency", "0.5", 'energy="true"'),
    "measured": ("detector.efficiency", "energy,efficiency", "0.5", 'energy="measured"'),
    "ratio": ("detector.quenching", "energy,ratio", "0.8", ""),
    "density": ("background.x", "energy,density", "3", f'shape="table", smeared=true, {RATE}'),
    "spectrum": ("source", "energy,density", "3", 'name="a", flavour="nu_e"'),
}
ROWS = {
    "descending": ("0,{x}\n200,{x}\n100,{x}\n1000,{x}", "line 4: energy must ascend, got 100 after 200"),
    "twice": ("0,{x}\n200,{x}\n200,{x}\n1000,{x}", "line 4: energy must ascend, got 200 after 200"),
    "nan": ("0,{x}\n200,nan\n1000,{x}", "line 3: {name} must be finite, got nan"),
    "nan energy": ("0,{x}\nnan,{x}\n1000,{x}", "line 3: energy must be finite, got nan"),
    "infinite": ("0,{x}\n200,inf\n1000,{x}", "line 3: {name} must be finite, got inf"),
    "text": ("0,{x}\n200,much\n1000,{x}", "line 3: {name} must be a number, got 'much'"),
    "column": ("0,{x}\n200\n1000,{x}", "line 3: must have 2 columns, got 1"),
    "negative": ("0,{x}\n200,-1\n1000,{x}", "line 3: {name} must be {least}, got -1"),
    "one": ("0,{x}", "must have at least"),
}
LEAST = {"efficiency": "from 0 to 1", "ratio": "above 0"}


def found_in(tmp_path, what, rows):
    key, header, _, more = KEYS[what]
    path = tmp_path / "t.csv"
    path.write_text(f"{header}\n{rows}\n")
    table = f'{{{more}{", " * bool(more)}table="{path}", unit="keV"}}'
    if what == "spectrum":
        table = f'{{half_life="none", flux="1e12 /cm2/s", components=[{table}]}}'
        return path, f"{key}.components.0.table", faults_of(f"{key}={table}")
    return path, f"{key}.table", faults_of(f"{key}={table}")


@pytest.mark.parametrize("fault", list(ROWS))
@pytest.mark.parametrize("what", list(KEYS))
def test_wrong_rows(tmp_path, what, fault):
    """Contract. Finds a fault of a table that passes, or a message without key, file and line."""
    _, header, value, _ = KEYS[what]
    rows, words = ROWS[fault]
    name = header.partition(",")[2]
    path, key, found = found_in(tmp_path, what, rows.format(x=value))
    assert list(found) == [key]
    assert f"{path}: {words.format(name=name, least=LEAST.get(name, 'at least 0'))}" in found[key]


@pytest.mark.parametrize("what", ["sigma", "true", "ratio", "density", "spectrum"])
def test_negative_energies(tmp_path, what):
    """Contract. Finds a table of true energies below zero that passes."""
    path, key, found = found_in(tmp_path, what, f"-5,{KEYS[what][2]}\n1000,{KEYS[what][2]}")
    assert list(found) == [key]
    assert f"{path}: line 2: energy must be at least 0, got -5" in found[key]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("sigma", "resolution is tabulated from 0 to 0.1 MeV, and is needed from 0 to 0.561295 MeV"),
        ("true", "efficiency is tabulated from 0 to 0.1 MeV, and is needed from 0 to 0.561295 MeV"),
        ("measured", "efficiency is tabulated from 0 to 0.1 MeV, and is needed from 0.25 to 0.55 MeV"),
        ("ratio", "quenching is tabulated from 0 to 0.1 MeV, and is needed from 0 to 0.561295 MeV"),
    ],
)
def test_short_tables(tmp_path, what, words):
    """Contract. Finds a table that is too short and passes, or whose file is not named."""
    value = KEYS[what][2]
    path, key, found = found_in(tmp_path, what, f"0,{value}\n100,{value}")
    assert list(found) == [key]
    assert f"{path}: {words}" in found[key]


@pytest.mark.parametrize(
    ("what", "rows", "words"),
    [
        ("true", "0,0.5\n1000,1.2", "line 3: efficiency must be from 0 to 1, got 1.2"),
        ("measured", "0,0\n1000,0", "efficiency must be above 0 somewhere"),
        ("ratio", "0,9\n1000,0.1", "the visible energy must rise with the true one; between 0 and 1 MeV"),
        ("density", "0,0\n1000,0", "has no density above 0: an empty spectrum"),
        ("spectrum", "0,0\n1000,0", "has no density above 0: an empty spectrum"),
    ],
)
def test_wrong_tables(tmp_path, what, rows, words):
    """Contract. Finds what is wrong with a table as a whole without its file."""
    path, key, found = found_in(tmp_path, what, rows)
    assert list(found) == [key]
    assert f"{path}: {words}" in found[key]


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ('efficiency={E, values=[0.5, -0.1], energy="true"}', "efficiency.values", "from 0 to 1, got -0.1"),
        ('efficiency={N, values=[0.5, 1], energy="true"}', "efficiency.energies", "≥ 0 MeV, got -0.1 MeV"),
        ("quenching={E, ratio=[0.5, 0]}", "quenching.ratio", "above 0, got 0"),
        ("quenching={N, ratio=[0.5, 0.6]}", "quenching.energies", "≥ 0 MeV, got -0.1 MeV"),
        (
            "resolution={N, sigma=['5 keV', '6 keV']}",
            "resolution.energies",
            "≥ 0 MeV, got -0.1 MeV",
        ),
    ],
)
def test_wrong_lists(override, key, words):
    """Contract. Finds a list in a card whose fault is reported at another key."""
    override = override.replace("E,", "energies=['0 keV', '1 MeV'],")
    override = override.replace("N,", "energies=['-100 keV', '1 MeV'],")
    found = faults_of(f"detector.{override}")
    assert list(found) == [f"detector.{key}"]
    assert words in found[f"detector.{key}"]


def test_backgrounds_beyond_a_table():
    """Contract. Finds a table too short for a background, whose name the message leaves out."""
    line = f'background.x={{shape="line", energy="2 MeV", {RATE}}}'
    table = "detector.resolution={energies=['0 keV', '1 MeV'], sigma=['5 keV', '60 keV']}"
    found = faults_of(table, line)
    assert list(found) == ["detector.resolution"]
    assert (
        "from 0 to 1 MeV, and is needed from 2 to 2 MeV for the background 'x'"
        in found["detector.resolution"]
    )


def test_lines_beyond_reach():
    """Contract. Finds a line in a wrong unit that passes: tables end at 100 GeV, too."""
    lines = 'lines=[{energy="800 TeV", intensity=1}]'
    source = (
        f'source={{half_life="none", flux="1 /cm2/s", components=[{{name="a", flavour="nu_e", {lines}}}]}}'
    )
    found = faults_of(source)
    assert list(found) == ["source.components.0.lines"]
    assert "at most 100000 MeV, got 8e+08 MeV" in found["source.components.0.lines"]
