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
