"""What every long command does first: card, threads, seed."""

from collections.abc import Sequence
from dataclasses import replace

from macros.card import Card, load_card
from macros.console import message

__all__ = ["open_card"]


def open_card(
    name: str, overrides: Sequence[str] | None, *, seed: int | None = None, threads: int | None = None
) -> Card:
    """Load a card and settle how it is run.

    Parameters
    ----------
    name : str
        Preset or path.
    overrides : sequence of str or None
        Values of ``--set``.
    seed, threads : int, optional
        From the command line; they come before the card's. A seed that nobody gave is drawn and printed.

    Returns
    -------
    Card
        With `run.seed` set.

    Raises
    ------
    CardError
        If the card is wrong.
    ValueError
        If there are not so many threads.
    """
    card = load_card(name, overrides or ())
    _set_threads(threads or card.run.threads)
    chosen = card.run.seed if seed is None else seed
    if chosen is None:
        from simgen.random import fresh_seed

        chosen = fresh_seed()
        message(f"seed {chosen} (drawn; repeat with --seed {chosen})")
    return replace(card, run=replace(card.run, seed=chosen))


def _set_threads(threads: int | None) -> None:
    if threads is None:
        return
    import numba

    most = numba.config.NUMBA_NUM_THREADS
    if threads > most:
        raise ValueError(f"threads = {threads}: this machine has {most}")
    numba.set_num_threads(threads)
