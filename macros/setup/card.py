"""Cards opened for a command: experiment, seed and threads; and the fitter of a card."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, SupportsIndex

from macros.card import Card, read_card
from macros.terminal import LARGEST_COUNT, announce, detail, timed, warn

if TYPE_CHECKING:
    from analysis.fits import Fitter
    from detsim.experiment import Experiment
    from detsim.simulation import RecordedSample, Sampling

__all__ = [
    "choose",
    "load_chosen",
    "open_card",
    "open_fitter",
    "say_left_out",
    "template_sampling",
    "usable_threads",
    "using_threads",
    "whole_number",
]


def open_card(
    name: str,
    overrides: Sequence[str] | None,
    *,
    seed: int | None = None,
    threads: int | None = None,
    draws: bool = True,
    of: str | None = None,
    several: bool = False,
    simulates: bool = False,
) -> Card:
    """Load a card and settle how it is run.

    Parameters
    ----------
    name : str
        Preset or path.
    overrides : sequence of str or None
        Values of ``--set``.
    seed, threads : int, optional
        From the command line; they come before the card's. A seed that nobody gave is drawn, and
        printed when the work begins.
    draws : bool
        Whether random numbers are to be drawn: only then, or for simulated templates, a seed is needed.
    of : str, optional
        One experiment of a card that has several.
    several : bool
        Whether the command works on all experiments at once.
    simulates : bool
        Whether events are drawn.

    Returns
    -------
    Card
        If it draws, with `run.seed` set, in the document too: it repeats the run.

    Raises
    ------
    CardError
        If the card is wrong.

    Notes
    -----
    What `model.generate_above` leaves out is said where events are drawn, and wherever it is not negligible.
    """
    card = load_chosen(name, overrides, of, several=several)
    say_left_out(card, simulates=simulates)
    used = _set_threads(threads or card.run.threads)
    if not draws and card.fit.templates != "simulation":
        return card
    chosen = card.run.seed if seed is None else seed
    detail(f"threads: {used or 'all'}")
    if chosen is not None:
        detail(f"seed {chosen} of {'the card' if seed is None else '--seed'}")
    else:
        chosen = _drawn_seed("--seed " if draws else "--set run.seed=")
    return card.seeded(chosen)


def load_chosen(
    name: str, overrides: Sequence[str] | None, of: str | None, *, several: bool = False, says: bool = True
) -> Card:
    """Load a card, choose one experiment of several, and warn of what is not plausible, unless told not to.

    Raises
    ------
    CardError
        If the card is wrong.
    ValueError
        If there is no such experiment, or none was chosen of several.
    """
    card = choose(read_card(name, overrides or ()), of, several=several)
    if says:
        _say_chosen(name, overrides, card)
    for text in card.warnings if says else ():
        warn(text)
    return card


def _say_chosen(name: str, overrides: Sequence[str] | None, card: Card) -> None:
    """Say with --verbose what was chosen: card, model, fit."""
    from macros.card import presets

    kind = "preset" if name in presets() else "card"
    changed = f" with {', '.join(overrides)}" if overrides else ""
    experiments = ", ".join(experiment.name for experiment in card.experiments)
    fit = card.fit
    detail(f"{kind} {name}{changed}: {experiments}; {card.model.label}")
    detail(
        f"fit of {fit.poi}, {fit.likelihood}; intervals by {fit.method} at {100 * fit.level:g} %, limits "
        f"{fit.limit_method} at {100 * fit.limit_level:g} %; templates by {fit.templates}"
    )


def say_left_out(card: Card, *, simulates: bool = False) -> None:
    """Say what `model.generate_above` leaves out, if the card has one, and what `detector.binding` does.

    Parameters
    ----------
    card : Card
    simulates : bool
        Whether events are drawn: then it is said even if it is negligible, as for simulated templates.
    """
    if card.document["model"].get("generate_above"):
        from macros.words import say_cutoff

        say_cutoff(card, simulates=simulates or card.fit.templates != "quadrature")

    from macros.words import binding_note

    for text in dict.fromkeys(binding_note(experiment) for experiment in card.experiments):
        if text:
            warn(text)


def choose(card: Card, of: str | None, *, several: bool = False) -> Card:
    """Choose one experiment of a card that has several.

    Parameters
    ----------
    card : Card
    of : str or None
        Its name.
    several : bool
        Whether without a name all are taken; else there has to be only one.

    Raises
    ------
    ValueError
        If there is no such experiment, or none was chosen of several.
    """
    return card if several and of is None and len(card.experiments) > 1 else card.of(of)


def open_fitter(
    card: Card, *, poi: str | None = None, experiments: "Sequence[Experiment] | None" = None
) -> "Fitter":
    """Prepare the fits of a card.

    Parameters
    ----------
    card : Card
    poi : str, optional
        Parameter of interest instead of the card's.
    experiments : sequence of Experiment, optional
        The card's, with the exposures of data.

    Raises
    ------
    ValueError
        If the model has no such parameter, fewer than 1e-6 counts are expected in the bins, or no signal.
    """
    from analysis.fits import make_fitter
    from macros.setup.counts import check_counts, check_signal

    settings = replace(card.fit, poi=poi) if poi else card.fit
    chosen = tuple(experiments or card.experiments)
    with timed(f"templates of {', '.join(experiment.name for experiment in chosen)}"):
        fitter = make_fitter(
            chosen[0] if len(chosen) == 1 else chosen,
            card.model,
            poi=settings.poi,
            likelihood=settings.likelihood,
            error_per_bin=settings.error_per_bin,
            sampling=template_sampling(card),
        )
    names = ", ".join(n.name for n in fitter.templates.nuisances) or "none"
    detail(f"nuisance parameters: {names}; {fitter.templates.n_bins} bins")
    expected, start = fitter.templates.expected(fitter.truth), 0
    for experiment in chosen:
        end = start + experiment.detector.n_bins
        check_counts(expected[start:end], experiment)
        check_signal(expected[start:end], experiment)
        start = end
    return fitter


def template_sampling(card: Card) -> "Sampling | RecordedSample | None":
    """Say how the card's templates are simulated, or of what file; None if they are folded by quadrature."""
    from detsim.simulation import Sampling
    from macros.setup.template_files import recorded_sample

    if card.fit.templates == "quadrature":
        return None
    if card.fit.templates == "file":
        return recorded_sample(card)
    seed = _drawn_seed("--set run.seed=") if card.run.seed is None else card.run.seed
    return Sampling(n_events=card.fit.template_events, seed=seed)


def _drawn_seed(option: str) -> int:
    """Draw a seed that nobody gave; it is printed when the work begins."""
    from simgen.random import fresh_seed

    seed = fresh_seed()
    announce(f"seed {seed} (drawn; repeat with {option}{seed})")
    return seed


def whole_number(name: str, value: Any, *, least: int = 0, most: int = LARGEST_COUNT) -> int:
    """Return a number of things that is given in Python, if it is one.

    Raises
    ------
    ValueError
        If it is not whole, or outside its range.

    Examples
    --------
    >>> whole_number("n_toys", 1e5)
    100000
    """
    number = isinstance(value, SupportsIndex | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value != int(value) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most:.0e}, got {value!r}")
    return int(value)


@contextmanager
def using_threads(threads: int | None) -> Iterator[None]:
    """Use this number of threads in the block, or all that there are if these are fewer; None: no change."""
    if threads is None:
        yield
        return
    import numba

    before = numba.get_num_threads()
    _set_threads(threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _set_threads(threads: int | None) -> int | None:
    """Set how many threads are used; return their number, None where it is not stated."""
    if threads is None:
        return None
    import numba

    used = usable_threads(threads)
    numba.set_num_threads(used)
    return used


def usable_threads(threads: int) -> int:
    """Return a number of threads, or if this machine has fewer, its number, with a warning.

    Notes
    -----
    No result depends on the number of threads, so that a card of a larger machine may be used as it is.
    """
    import numba

    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]  # numba makes it when imported
    if threads > most:
        used = "1 thread, which is" if most == 1 else f"{most} threads, which are"
        text = f"threads = {threads}: this machine has {used} used; no result depends on their number"
        warnings.warn(text, stacklevel=2)
    return min(threads, most)
