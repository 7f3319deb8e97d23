"""Pages of the documents: commands and Python run, links lead on, pages with cells become notebooks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import DOCS, ROOT, read_page

from macros.card import load_card

BLOCK = re.compile(r"^```(\{code-block\} \w+|\w+)\n(?::caption: (\S+)\n)?(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if "_build" not in path.parts)
ELSEWHERE = {
    "howto/campaigns.md": "tests/macros/test_campaign_document.py",
    "explanation/fit-engine.md": "tests/analysis/test_fit_engine_document.py",
    "reference/cards.md": "tests/macros/test_documents.py",
    "reference/event-files.md": "tests/macros/test_documents.py",
}
"""Pages whose blocks another test module runs."""
CARD = "borexino-cr51-realistic"
PREPARE = {
    "explanation/calibrated-intervals.md": ["simulate card.toml -o events.root --seed 1"],
    "explanation/goodness.md": [
        "simulate card.toml -o events.root --seed 1",
        "init borexino-cr51-realistic -o chi.toml",
    ],
    "explanation/weighted-data.md": [
        "simulate card.toml -o events.root --seed 1",
    ],
}
"""What stands in the directory before the first block of a page, besides `card.toml`."""
EXAMPLES = {"howto/full-simulation.md": "full-simulation"}
"""Directories of `examples` whose files stand beside the blocks of a page."""
NEEDS = {"howto/full-simulation.md": "g++"}
"""Programs of others without which a page cannot be run."""
_MOST = 60


def blocks(page: str) -> list[tuple[str, str]]:
    """Kinds and texts of the blocks that are run; those with a caption are files."""
    return [(kind, text) for kind, caption, text in BLOCK.findall(read_page(page)) if not caption]


def is_run(page: str) -> bool:
    return any(kind in {"sh", "bash", "python"} for kind, _ in blocks(page))


def few_toys(text: str) -> str:
    """The same command with at most 60 pseudo-experiments."""

    def smaller(match: re.Match[str]) -> str:
        return f"{match[1]}{min(int(float(match[2])), _MOST)}"

    return re.sub(r"((?:-n|--gof|--toys) )(\d[\d.e]*)", smaller, text)


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def folder(tmp_path):
    """A directory with `card.toml` and a command `nugauge` that runs this source."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "nugauge"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nugauge "$@"\n')
    command.chmod(0o755)
    (tmp_path / "card.toml").write_text(load_card(CARD).text())
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if is_run(page) and page not in ELSEWHERE])
def test_blocks(page, folder):
    """Contract: commands and Python of a page run, one after another, in one directory."""
    program = NEEDS.get(page)
    if program and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed, and the page needs it")
    if page in EXAMPLES:
        shutil.copytree(ROOT / "examples" / EXAMPLES[page], folder, dirs_exist_ok=True)
    for line in PREPARE.get(page, []):
        done = run(["nugauge", *line.split()], folder)
        assert done.returncode == 0, done.stderr
    for kind, caption, text in BLOCK.findall(read_page(page)):
        if caption:
            (folder / caption).write_text(text)
        elif kind in {"sh", "bash"}:
            done = run(["bash", "-euc", few_toys(text)], folder)
            assert done.returncode == 0, f"{text}\n{done.stderr}"
        elif kind == "python":
            done = run([sys.executable, "-c", text], folder)
            assert done.returncode == 0, f"{text}\n{done.stderr}"


def test_pages_that_are_tested_elsewhere():
    """Contract: such a page has blocks, and the test reads it."""
    for page, module in ELSEWHERE.items():
        assert is_run(page)
        assert Path(page).stem in (ROOT / module).read_text(encoding="utf-8"), page


def test_plain_blocks_are_no_commands():
    """Contract: what a reader might type stands in a block that is run. Finds commands in blocks of text."""
    for page in PAGES:
        if page.startswith("project/") or page == "reference/commands.md":
            continue
        for kind, text in blocks(page):
            if kind in {"text", "console"}:
                assert not re.search(r"^(\$ )?nugauge ", text, re.MULTILINE), (page, text)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"])
def test_links_to_pages(page):
    """Contract: links to files lead somewhere; those of the site are checked as it is built."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """Anchors of headings, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.skipif(shutil.which("jupytext") is None, reason="jupytext comes with nugauge[docs]")
@pytest.mark.parametrize("page", [page for page in PAGES if "{code-cell}" in read_page(page)])
def test_notebooks(page, tmp_path):
    """Contract: pages with cells become notebooks."""
    target = tmp_path / "page.ipynb"
    subprocess.run(["jupytext", "--to", "ipynb", "-o", str(target), str(DOCS / page)], check=True)
    assert '"cell_type": "code"' in target.read_text()
