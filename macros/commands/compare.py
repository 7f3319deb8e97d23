"""`nugauge compare`: two models on one data set."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    AuxiliaryOption,
    JsonOption,
    SeedOption,
    SetOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    count,
    emit_json,
    format_number,
    print_table,
    progress,
    say,
    toy_count,
)

if TYPE_CHECKING:
    from analysis.studies import HypothesisComparison, HypothesisResult

__all__ = ["compare"]


def _set_option(letter: str) -> Any:
    return typer.Option(
        f"--set-{letter.lower()}",
        metavar="KEY=VALUE",
        help=f"As --set, of {letter}'s card only; it comes first.",
    )


def _fix_option(letter: str) -> Any:
    return typer.Option(
        f"--fix-{letter.lower()}", help=f"Take {letter} at its card's values: fit no parameter of interest."
    )


def compare(
    card_a: Annotated[str, typer.Argument(metavar="CARD_A", help="A card of the first model.")],
    card_b: Annotated[
        str,
        typer.Argument(metavar="CARD_B", help="One of the second, of the same experiment; may be the same."),
    ],
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA",
            help="Event file, file.root:name of a TH1 or TH2, UHI JSON, CSV; of several NAME=FILE.",
        ),
    ],
    n: Annotated[
        int, typer.Option("-n", parser=toy_count(1), metavar="N", help="Toys of each model.")
    ] = 10_000,
    fix_a: Annotated[bool, _fix_option("A")] = False,
    fix_b: Annotated[bool, _fix_option("B")] = False,
    unbounded: Annotated[
        bool,
        typer.Option("--unbounded", help="Let the parameters leave their physical range, as `fit` does."),
    ] = False,
    experiment: Annotated[
        int | None,
        typer.Option(
            "--experiment",
            parser=count(0),
            metavar="N",
            help="Which pseudo-experiment of an event file.",
            show_default=False,
        ),
    ] = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    set_a: Annotated[list[str] | None, _set_option("A")] = None,
    set_b: Annotated[list[str] | None, _set_option("B")] = None,
    override: SetOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two models on one data set.

    The statistic is -2 ln L_A + 2 ln L_B; toys say what it is if either is true.
    """
    from macros.card import choose_specific
    from macros.setup import open_card

    a = open_card(
        card_a, choose_specific(override or (), set_a or ()), seed=seed, threads=threads, several=True
    )

    from macros.setup import check_same_experiment
    from macros.studies import compare_cards, load_data_sets

    used_seed = int(a.run.seed or 0)
    of_b = choose_specific(override or (), set_b or ())
    b = open_card(card_b, of_b, seed=used_seed, threads=threads, several=True)
    check_same_experiment(a, b)
    found = [
        load_data_sets(card, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy)
        for card in (a, b)
    ]
    compared = compare_cards(a, b, found, n, fixed=(fix_a, fix_b), bounded=not unbounded, progress=progress)
    result = compared.result
    if as_json:
        emit_json(
            _document(result)
            | {
                "data": compared.source,
                "auxiliary": compared.auxiliary,
                "seed": used_seed,
            }
        )
    else:
        _say(result)


def _document(result: "HypothesisComparison") -> dict[str, Any]:
    return {
        "a": _one(result.a),
        "b": _one(result.b),
        "delta": result.delta,
        "aic_difference": result.aic_difference,
        "n_toys": result.n_toys,
    }


def _one(result: "HypothesisResult") -> dict[str, Any]:
    names = ("-2", "-1", "0", "1", "2")
    quantiles = dict(zip(names, result.quantiles, strict=True)) if result.quantiles else None
    return {**asdict(result), "quantiles": quantiles}


def _say(result: "HypothesisComparison") -> None:
    rows = [
        (
            letter,
            r.model,
            f"{r.poi} = {format_number(r.value)}" if r.poi else "nothing fitted",
            format_number(r.fval),
            f"{format_number(r.p_value)} ± {format_number(r.p_error, 2)}",
            f"{'> ' if r.separation_open else ''}{format_number(r.separation, 3)} σ",
            str(r.n_failed),
        )
        for letter, r in (("A", result.a), ("B", result.b))
    ]
    head = ("", "model", "fit", "-2 ln L", "p", "expected rejection", "failed")
    print_table(head, rows)
    favoured = "neither" if abs(result.delta) < 1e-6 else "B" if result.delta > 0 else "A"
    say(
        f"-2 ln L_A + 2 ln L_B = {format_number(result.delta)} (AIC {format_number(result.aic_difference)}), "
        f"in favour of {favoured}"
    )
    say("p: probability, if the model is true, of data that favour the other as much or more")
    say("expected rejection: median, by its p, if the other is true at its best fit")
