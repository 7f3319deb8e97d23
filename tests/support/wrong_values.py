"""Values of card keys and of arguments that are mistakes, and what each command needs to work."""

from support.invocation import CARD

VALUES = [
    "0", "-1", "1e308", "1e-308", "nan", "-inf", "9223372036854775808", "1" + "0" * 400, "1" + "0" * 5000,
    '""', '"x"', '"1e400 keV"', '"nan keV"', '"-1 keV"', '"0 d"', '"5"', "[]", "{}", "[1]", "[[1]]", "true",
    '"a\\u0000b"', "2020-01-01", "{a = 1}", '["x", "y"]', '{table = "a\\u0000b.csv"}', '{table = "/tmp"}',
    '{table = ""}', '{table = "/dev/zero"}', '{low = "1 keV"}', "[" * 60 + "]" * 60,
    "{a=" * 60 + "1" + "}" * 60,
]  # fmt: skip
"""What a key of a card may hold by mistake, in TOML."""

ARGUMENTS = [
    "", "x", "-1", "0", "1e400", "nan", "inf", "1.5", "1" * 5000, "9223372036854775808", "missing.root",
    "folder.root", "folder.pdf", "loop.root", "/dev/full", "nodir/x.root", "nodir/x.pdf", "n" * 300 + ".root",
    "gamma=0:1:1e9", "gamma=nan:1:3", "gamma=1:0:3", "0:1:3", "0,", "1e308:-1e308:3", "\udcff", "γ", "-1 GB",
    "text.csv", "text.json", "folder.csv", "folder.json", "pipe.csv", "/dev/zero", "toys.root",
]  # fmt: skip
"""What an argument or an option may hold by mistake."""

NEEDED = {
    "init": [], "list": [], "check": [CARD], "expect": [CARD],
    "detect": [CARD, "true.root", "-o", "out.root"], "merge": ["out.root", "good.root"],
    "reweight": ["good.root", "--to", CARD, "-o", "out.root"], "fit": [CARD, "good.root"],
    "limit": [CARD, "good.root", "--toys", "0"], "calibrate": [CARD, "-n", "100", "-o", "out.root"],
    "compare": [CARD, CARD, "good.root", "-n", "3", "--fix-a"],
    "contour": [CARD, "good.root", "--x", "gamma=0:1:3", "--y", "sin2_theta_w=0.1:0.3:3"],
    "toys": [CARD, "-n", "3", "-o", "out.root"], "coverage": [CARD, "-n", "3", "--at", "0"],
    "sensitivity": [CARD, "--errors", "0.1:0.2:2"], "counts": ["3", "--background", "1"],
    "inspect": ["good.root"], "rerun": ["good.root"],
    "simulate": [CARD, "-o", "out.root", "--events", "10"],
    "generate": [CARD, "-o", "out.root", "--events", "10"],
}  # fmt: skip
"""Arguments with which each command works."""
