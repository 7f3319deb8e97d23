"""`nugauge expect`: expected counts per bin, by quadrature."""

from itertools import pairwise, product
from typing import TYPE_CHECKING

from macros.terminal import (
    CardArgument,
    FigureOption,
    ForceOption,
    JsonOption,
    OfOption,
    SetOption,
    StyleOption,
    emit_json,
    print_table,
    say,
    warn,
)

if TYPE_CHECKING:
    from detsim.expectation import Expectation
    from macros.card import Card

__all__ = ["expect"]


def expect(
    card: CardArgument,
    of: OfOption = None,
    override: SetOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compute the expected counts per bin, by quadrature."""
    from macros.setup import FilePlan, card_files, load_chosen, plan_figures, say_left_out

    figures = plan_figures(figure, style)
    loaded = load_chosen(card, override, of)
    say_left_out(loaded)
    plan = FilePlan(reads=card_files(card, loaded), writes=figures.outputs(), force=force)
    checked = plan.check()

    from macros.setup import expectation, faint_signal
    from macros.words import expectation_document

    found = expectation(loaded)
    faint = faint_signal(float(found.signal[1:-1].sum()), loaded.experiment)
    if faint is not None:
        warn(faint)
    files = []
    if figures:
        from macros.studies import expectation_picture

        with plan.open(checked) as former:
            files = figures.write(expectation_picture(loaded, found), former=former)
    if as_json:
        emit_json({**expectation_document(found, loaded), "files": files})
        return
    _say(loaded, found)
    for file in files:
        say(file)


def _say(card: "Card", found: "Expectation") -> None:
    """Write a table of the bins, and what is outside them."""
    detector = card.experiment.detector
    energies = [f"{1000 * a:g}–{1000 * b:g} keV" for a, b in pairwise(detector.edges)]
    distances = [""]
    if detector.distance is not None:
        distances = [f"{a:g}–{b:g} cm" for a, b in pairwise(detector.distance.edges)]
    places = [
        ("", "below"),
        *product(distances, energies),
        ("", "above" if len(distances) == 1 else "outside"),
    ]
    counts = (found.signal, found.background, found.with_flow)
    rows = [(*place, *(f"{x:.6g}" for x in row)) for place, *row in zip(places, *counts, strict=True)]
    sums = (found.signal[1:-1].sum(), found.background[1:-1].sum(), found.counts.sum())
    rows.append(("", "in the bins", *(f"{x:.6g}" for x in sums)))
    rows.append(("", "all recorded", "", "", f"{found.unbinned_total:.6g}"))
    skip = int(detector.distance is None)
    head = ("L_reco", "T_reco", "signal", "background", "expected (Asimov)")
    print_table(head[skip:], [row[skip:] for row in rows])
