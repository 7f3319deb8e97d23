"""What docs/howto/campaigns.md says is so: its commands, its Python and the keys of the JSON."""

import re
from pathlib import Path

import pytest
from support.chunked import CARD, Inline, digests
from support.invocation import answer, invoke
from support.pages import read_page

from macros.campaigns import engine

pytestmark = pytest.mark.usefixtures("short_trial")

TEXT = read_page("howto/campaigns.md")
KEYS = {
    name: set(re.findall(r"`(\w+)`", keys.partition(";")[0]))
    for name, keys in re.findall(r"^- `([\w -]+)`: (.*)$", TEXT, re.M)
}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "Processes", lambda _: Inline())


def test_commands():
    """Contract. The commands of the document work, and make what the plain command makes."""
    lines = re.findall(r"^nugauge (.*)$", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)), re.M)
    small = [line.partition("#")[0].replace("1e6", "12").replace(" -o", " --force -o") for line in lines]
    assert len(small) == 6
    for line in small:
        words = line.replace(" -n 12", " -n 12 --audit 0 --chunk-size 5").split()
        result = invoke(*(w for w in words if w != "--force"))
        assert result.exit_code == 0, (line, result.output)
    (plain,) = re.findall(r"`nugauge (toys .*?) -o toys.root`", TEXT)
    answer(*plain.replace("1e6", "12").split(), "--audit", 0, "-o", "plain.root")
    assert digests("plain.root") == digests("toys.root")
    assert not Path("study-2").exists()


def test_python(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    answer("campaign", "new", "study", "toys", CARD, "-n", 6, "--seed", 1, "--audit", 0, "--chunk-size", 2)
    code = code.replace('ProcessPoolExecutor(2, get_context("spawn"))', "ThreadPoolExecutor(2)")
    exec(code.replace("ProcessPoolExecutor", "ThreadPoolExecutor"), {"__name__": "__main__"})  # noqa: S102
    assert capsys.readouterr().out == "0 chunks left; none failed\n"


def test_keys():
    """Contract. Each document has the keys that are listed, and no others."""
    new = answer("campaign", "new", "study", "toys", CARD, "-n", 4, "--seed", 1, "--chunk-size", 2)
    documents = {
        "new": new,
        "run --dry-run": answer("campaign", "run", "study", "--dry-run"),
        "script": answer("campaign", "script", "study", "--slurm"),
        "chunk": answer("campaign", "chunk", "study", 0),
        "run": answer("campaign", "run", "study"),
        "status": answer("campaign", "status", "study"),
        "merge": answer("campaign", "merge", "study", "-o", "toys.root"),
    }
    assert {name: set(document) for name, document in documents.items()} == KEYS
    inner = TEXT.partition("\n`trial` has ")[2]
    for name, words in zip(("trial", "cost"), inner.split("`cost` has"), strict=True):
        assert set(new[name]) == set(re.findall(r"`(\w+)`", words))
