"""Shell cells of the site: a command shows what it wrote when it has ended, and fails loudly."""

import subprocess
import sys

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line: str, cell: str) -> None:
    """Run a cell with bash, as IPython does, which shows what comes in pieces of 100 bytes."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", cell], capture_output=True, text=True, check=False
    )
    sys.stdout.write(done.stdout)
    sys.stdout.flush()
    sys.stderr.write(done.stderr)
    done.check_returncode()
