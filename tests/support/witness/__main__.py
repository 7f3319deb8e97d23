"""Command line of the witness: see `support.witness`."""

import argparse
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from support.witness.comparing import differences, moves, summary, tell
from support.witness.groups import groups, timed_record
from support.witness.reference import FILE, write_reference

MODULES = "modules"
"""Group whose differences are printed but are no faults: names may move between modules."""


def main():
    """Run the command line."""
    arguments = _parse()
    if arguments.task == "reference":
        return write_reference()
    if arguments.task == "record":
        return _record(arguments)
    return _compare(arguments)


def _parse():
    parser = argparse.ArgumentParser(prog="python -m support.witness", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("reference", help=f"write {FILE.name}, which the test compares with")
    for task in ("record", "compare"):
        sub = tasks.add_parser(task)
        sub.add_argument("file", type=Path)
        sub.add_argument(
            "--only", action="append", metavar="GROUP", help=f"repeat; of {', '.join(groups(long=True))}"
        )
        sub.add_argument("-j", type=int, default=1, metavar="N", help="groups at a time")
        if task == "record":
            sub.add_argument("--resume", action="store_true", help="keep the groups that FILE has")
        else:
            sub.add_argument(
                "--with", dest="other", type=Path, metavar="FILE", help="instead of a new record"
            )
            sub.add_argument(
                "--most", type=int, default=6, metavar="N", help="differences of a command shown"
            )
    return parser.parse_args()


def _chosen(only, known):
    """Return the groups that were asked for; `events` means `events borexino-be7` and all its like."""
    if not only:
        return list(known)
    for name in only:
        if not any(name in {g, g.partition(" ")[0]} for g in known):
            raise SystemExit(f"{name} is no group: use {', '.join(known)}")
    return [g for g in known if g in only or g.partition(" ")[0] in only]


def _make(names, n_workers):
    """Make records of groups, each in a new process; yield name and record as they are ready."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, mp_context=context, max_tasks_per_child=1) as pool:
        tasks = {pool.submit(timed_record, name): name for name in names}
        for done in as_completed(tasks):
            try:
                record, seconds = done.result()
            except Exception as error:  # the other groups go on
                print(f"{tasks[done]}: failed: {error!r}", file=sys.stderr, flush=True)
                continue
            print(f"{tasks[done]}: {len(record)} entries, {seconds:.1f} s", file=sys.stderr, flush=True)
            yield tasks[done], record


def _record(arguments):
    keep = arguments.file.exists() and (arguments.resume or arguments.only)
    stored = _read(arguments.file) if keep else {}
    known = groups(long=bool(arguments.only))
    names = [n for n in _chosen(arguments.only, known) if not (arguments.resume and n in stored)]
    made = {}
    for name, record in _make(names, arguments.j):
        made[name] = record
        _write(arguments.file, stored | made)
    stored |= made
    if missing := [n for n in names if n not in made]:
        print(f"not recorded: {', '.join(missing)}", file=sys.stderr)
        return 1
    _write(arguments.file, {name: stored[name] for name in groups(long=True) if name in stored})
    return 0


def _compare(arguments):
    stored = _read(arguments.file)
    names = _chosen(arguments.only, stored)
    other = _read(arguments.other).items() if arguments.other else _make(names, arguments.j)
    n_faults, lines, missing = 0, [], set(names)
    for name, record in other:
        if name not in names:
            continue
        missing.discard(name)
        if name == MODULES:
            print(*moves(stored[name], record), sep="\n")
            continue
        found = list(differences(stored[name], json.loads(json.dumps(record)), (name,)))
        _show(found, arguments.most)
        lines += summary(found)
        n_faults += len(found)
    print(*lines, f"{n_faults} differences", sep="\n")
    if missing:
        print(f"not compared: {', '.join(n for n in names if n in missing)}")
    return 1 if n_faults or missing else 0


def _show(found, most):
    """Print differences, of each command the first ones."""
    shown = {}
    for difference in found:
        command = difference.path[:2]
        shown[command] = shown.get(command, 0) + 1
        if shown[command] <= most:
            print(tell(difference))


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path, stored):
    new = path.with_name(path.name + ".part")
    new.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
