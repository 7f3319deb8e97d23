"""Compiled functions on disk: never out of date, never the cause of a failure."""

import ast
import os
import shutil

import pytest
from support.kernel_processes import EXPECTED, PAIR, ROOT, compiled, number, run

from simgen._kernels.machine import cache

PACKAGES = ("simgen", "detsim", "analysis", "macros")


@pytest.mark.long
def test_an_inner_function_changed_is_compiled_anew(tmp_path):
    """Contract. Finds machine code of former sources: neither the function nor its file was changed."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "simgen", copy / "simgen", ignore=shutil.ignore_patterns("__pycache__"))
    assert number(run(PAIR, root=copy)) == pytest.approx(EXPECTED, rel=1e-15)
    series = copy / "simgen" / "_kernels" / "machine" / "functions.py"
    series.write_text(series.read_text().replace("_LN_2 = math.log(2.0)", "_LN_2 = 1.0 + 0.0"))
    assert number(run(PAIR, root=copy)) == 2.0
    assert len(list((copy / "simgen" / "_kernels" / "__pycache__" / "kernels").iterdir())) == 2


@pytest.mark.long
def test_sources_that_change_in_a_process_are_not_mixed(tmp_path):
    """Contract. Finds code of one version that is stored under the name of another."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "simgen", copy / "simgen", ignore=shutil.ignore_patterns("__pycache__"))
    pull = """
from pathlib import Path
import simgen._kernels.philox
path = Path(simgen._kernels.machine.functions.__file__)
path.write_text(path.read_text().replace("_LN_2 = math.log(2.0)", "_LN_2 = 1.0 + 0.0"))
"""
    before = run(pull + PAIR, root=copy)
    assert number(before) == pytest.approx(EXPECTED, rel=1e-15)
    assert before.stderr.count("\n") == 1
    assert "changed after the program had begun" in before.stderr
    assert number(run(PAIR, root=copy)) == 2.0


def test_the_digest_holds_all_that_is_compiled():
    """Contract. Finds a kernel, or a constant in one, that lies in a file which the digest does not read."""
    files = cache.sources()
    kernels = {p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "_kernels" in p.parts}
    assert kernels <= set(files)
    using = {
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "_kernels.jit import" in path.read_text(encoding="utf-8")
    }
    assert using <= kernels
    names = {f.with_suffix("").relative_to(ROOT).as_posix().replace("/", ".") for f in files}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in PACKAGES:
                assert {node.module, *(f"{node.module}.{a.name}" for a in node.names)} & names, path
            if isinstance(node, ast.Import):
                assert not {a.name.split(".")[0] for a in node.names} & set(PACKAGES), path


def test_the_digest_depends_on_every_source_and_on_the_processor(tmp_path, monkeypatch):
    """Contract. Finds a file, a name of a file or a processor that makes no difference."""
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    a.write_text("1")
    b.write_text("23")
    first = cache.digest([a, b])
    assert first == cache.digest([a, b])
    a.write_text("12")
    b.write_text("3")
    second = cache.digest([a, b])
    b.rename(tmp_path / "c.py")
    third = cache.digest([a, tmp_path / "c.py"])
    monkeypatch.setattr(cache.internals, "cpu", lambda: ("generic", []))
    assert len({first, second, third, cache.digest([a, tmp_path / "c.py"])}) == 4


def test_the_digest_does_not_depend_on_the_directory(tmp_path, monkeypatch):
    """Contract. Finds an installation that compiles again what a copy in another directory has compiled."""
    first = cache.digest(cache.sources())
    for path in cache.sources():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.setattr(cache, "_ROOT", tmp_path)
    assert cache.digest(cache.sources()) == first


def empty(path):
    path.write_bytes(b"")


def shorten(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def replace_by_directory(path):
    path.unlink()
    path.mkdir()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Make a directory of compiled functions."""
    directory = tmp_path_factory.mktemp("kept")
    done = run(PAIR, NUMBA_CACHE_DIR=directory)
    assert number(done) == pytest.approx(EXPECTED, rel=1e-15)
    assert done.stderr == ""
    return directory


@pytest.mark.long
def test_a_copy_in_another_directory_compiles_nothing(kept, tmp_path):
    """Contract. Finds a second installation that does not use what the first has compiled."""
    for package in PACKAGES[:3]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    hits = "print(sum(fill_pairs.stats.cache_hits.values()))"
    used = run(PAIR + hits, root=tmp_path, NUMBA_CACHE_DIR=kept)
    assert used.stdout.split()[1:] == ["1"], used.stderr


@pytest.mark.parametrize("damage", [empty, shorten, flip])
def test_a_damaged_file_is_not_used(tmp_path, damage):
    """Contract. Finds machine code that is loaded although the file has lost or changed a byte."""
    path = tmp_path / "f.nbc"
    cache.write_file(path, bytes(range(200)))
    assert cache.read_file(path) == bytes(range(200))
    damage(path)
    with pytest.raises(ValueError, match="damaged"):
        cache.read_file(path)


@pytest.mark.long
@pytest.mark.parametrize("damage", [empty, shorten, flip])
def test_a_damaged_file_is_said_once_and_made_again(kept, damage):
    """Contract. Finds a fault of the cache that stops a calculation, or one that stays."""
    files = compiled(kept)
    assert files
    for path in files:
        damage(path)
    again = run(PAIR, NUMBA_CACHE_DIR=kept)
    assert number(again) == pytest.approx(EXPECTED, rel=1e-15)
    assert again.stderr.count("\n") == 1
    assert str(kept) in again.stderr
    assert "damaged" in again.stderr
    quiet = run(PAIR, options=["-W", "error"], NUMBA_CACHE_DIR=kept)
    assert quiet.stderr == ""
    assert compiled(kept) == files
    assert not list(kept.rglob("*.part"))


@pytest.mark.long
def test_a_place_that_cannot_be_written_is_said(tmp_path, kept):
    """Contract. Finds a directory of the cache that stops a calculation: a file of this name, a full disk."""
    import resource

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    file = tmp_path / "file"
    file.touch()
    named = run(PAIR, NUMBA_CACHE_DIR=file)
    assert number(named) == pytest.approx(EXPECTED, rel=1e-15)
    assert named.stderr.count("\n") == 1
    assert f"NUMBA_CACHE_DIR cannot be used: {file}" in named.stderr
    full = run(PAIR, NUMBA_CACHE_DIR=tmp_path / "full", before=small_files)
    assert number(full) == pytest.approx(EXPECTED, rel=1e-15)
    assert full.stderr.count("\n") == 1
    assert "File too large" in full.stderr
    assert not [p for p in (tmp_path / "full").rglob("*") if p.is_file()]
    shutil.copytree(kept, tmp_path / "taken")
    for path in compiled(tmp_path / "taken"):
        replace_by_directory(path)
    taken = run(PAIR, NUMBA_CACHE_DIR=tmp_path / "taken")
    assert number(taken) == pytest.approx(EXPECTED, rel=1e-15)
    assert taken.stderr.count("\n") == 2
    assert "Traceback" not in taken.stderr


def test_a_directory_that_is_only_read_is_used(kept, tmp_path):
    """Contract. Finds an installation's compiled functions that are compiled again by its users."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    files = compiled(tmp_path)
    for path in (*tmp_path.rglob("*"), tmp_path):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    try:
        used = run(PAIR + "print(sum(fill_pairs.stats.cache_hits.values()))", NUMBA_CACHE_DIR=tmp_path)
    finally:
        for path in (tmp_path, *tmp_path.rglob("*")):
            path.chmod(0o755)
    assert used.stdout.split()[1:] == ["1"]
    assert used.stderr == ""
    assert compiled(tmp_path) == files


def test_a_directory_of_another_user_is_said(tmp_path):
    """Contract. Finds a directory that may not even be looked into, and stops a calculation."""
    (tmp_path / "nugauge").mkdir(mode=0o000)
    if os.access(tmp_path / "nugauge", os.X_OK):
        pytest.skip("this user may look everywhere")
    refused = run(PAIR, NUMBA_CACHE_DIR=tmp_path)
    assert number(refused) == pytest.approx(EXPECTED, rel=1e-15)
    assert refused.stderr.count("\n") == 1
    assert "Permission denied" in refused.stderr
