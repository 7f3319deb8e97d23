#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.2.9"]
# ///
"""Sessions for developers: `nox` runs lint, types and tests; `nox -l` lists all."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and layout."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments after -- go to pytest, such as -m long, -m slow or a file."""
    session.install("-e", ".[test]")
    session.run("pytest", *(session.posargs or ("-n", "2", "--dist", "loadfile")))


def _try_out(session: nox.Session) -> None:
    """Run a card from beginning to end, and the tests of the packages' doors, or those after --."""
    directory = session.create_tmp()
    session.run(
        "nugauge", "run", "borexino-cr51-realistic", "-o", f"{directory}/out", "--force", "--seed", "1"
    )
    # versions that are not of one time tell each other what is deprecated
    relaxed = ("-W", "default::DeprecationWarning", "-W", "default::PendingDeprecationWarning")
    session.run("pytest", "-q", *relaxed, *(session.posargs or ("tests/nugauge", "tests/project")))


@nox.session(default=False, venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Try the lowest versions of all dependencies that pyproject.toml allows; needs uv."""
    session.install("--resolution", "lowest-direct", ".[test]")
    _try_out(session)


@nox.session(default=False)
def newest(session: nox.Session) -> None:
    """Try the newest releases of all dependencies."""
    session.install("--upgrade", ".[test]")
    _try_out(session)


@nox.session(default=False, python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """Try each version of Python that is found on the machine."""
    session.install(".[test]")
    _try_out(session)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; its cells are run where they or the program changed."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-b", "html", "-W", "--keep-going", "docs", "docs/_build/html")


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Time a benchmark against its peers, such as: nox -s benchmarks -- events."""
    session.install("-e", ".[test]")
    name, *arguments = session.posargs or ("fits",)
    session.run("python", "-m", f"benchmarks.{name}", *arguments)


if __name__ == "__main__":
    nox.main()
