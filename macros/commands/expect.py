"""`nugauge expect`: expected counts per bin, by quadrature."""

from macros.console import emit_json, print_table
from macros.options import CardArgument, JsonOption, SetOption

__all__ = ["expect"]


def expect(card: CardArgument, override: SetOption = None, as_json: JsonOption = False) -> None:
    """Compute the expected counts per bin, by quadrature."""
    from detsim.prediction import predict
    from macros.card import load_card
    from macros.production import expected_counts
    from macros.results import expectation_document

    loaded = load_card(card, override or ())
    expected_counts(loaded.experiment, loaded.model)
    found = predict(loaded.experiment, loaded.model)
    if as_json:
        emit_json(expectation_document(found, loaded))
        return
    names = [f"{1000 * a:g}–{1000 * b:g} keV" for a, b in zip(found.edges, found.edges[1:], strict=False)]
    names = ["below", *names, "above"]
    rows = list(zip(names, found.signal, found.background, found.with_flow, strict=True))
    rows.append(("in the bins", found.signal[1:-1].sum(), found.background[1:-1].sum(), found.counts.sum()))
    rows.append(("all recorded", "", "", f"{found.unbinned_total:.6g}"))
    head = ("T_reco", "signal", "background", "expected")
    print_table(head, [(r[0], *(f"{x:.6g}" if not isinstance(x, str) else x for x in r[1:])) for r in rows])
