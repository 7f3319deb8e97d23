"""Record of what must not change when modules are moved or rewritten, and the comparison with it.

Run by hand from the top of the repository, before the first move and after each step::

    PYTHONPATH=.:tests python -m support.witness record BEFORE.json [--only GROUP]... [--resume] [-j N]
    PYTHONPATH=.:tests python -m support.witness compare BEFORE.json [--only GROUP]... [--with AFTER.json]

`record` runs the commands of each group in a directory of its own. It stores what they print, their exit
status and every file that they write: of ROOT files each branch with its type, length, SHA-256 and sum, the
provenance and the histograms; CSV and text line by line; JSON as it is. Numbers are exact, so a last bit that
changes shows. Other groups hold the texts of `--help` and the public names with signatures and fields.
`compare` does the same again, prints the first differences of each command (`--most N`) with both values and
the relative change, then a line a command with the largest change; its exit status is 1 if anything differs.
The group `modules` says which module has which public names: where names moved is printed, and is no fault.
All groups take some four minutes of one core, `small` five to ten seconds; `mixing`, a figure of several
minutes, runs only where `--only` names it. `--only events` means all groups whose first word that is.

Commands are called through the entry point that pyproject.toml names, and modules are found by walking the
packages, so that they may move. What differs from run to run is left out by its name, with a reason, in
`volatile.py`. Both records have to be made on one machine of two cores or more, with the same libraries:
another processor gives other last bits.

`tests/project/test_witness.py` compares the group `small`, the help and the names on every run, without
what depends on the processor. After a change that is meant, `python -m support.witness reference` writes
its reference.
"""
