"""`nugauge compare`: two models on one data set."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.terminal import (
    AuxiliaryOption,
    ExperimentOption,
    FigureOption,
    FirstToyOption,
    ForceOption,
    JsonOption,
    PartOption,
    SeedOption,
    SetOption,
    StyleOption,
    ThreadsOption,
    ToyOption,
    Unit,
    UnitOption,
    completed,
    emit_json,
    number_of,
    progress,
    say,
    toy_count,
)

if TYPE_CHECKING:
    from analysis.studies import HypothesisComparison
    from macros.plots import Picture

__all__ = ["compare"]


def _set_option(letter: str) -> Any:
    return typer.Option(
        f"--set-{letter.lower()}",
        metavar="KEY=VALUE",
        help=f"As --set, of {letter}'s card only; it comes first.",
        autocompletion=completed("override"),
    )


def _fix_option(letter: str) -> Any:
    return typer.Option(
        f"--fix-{letter.lower()}", help=f"Take {letter} at its card's values: fit no parameter of interest."
    )


def compare(
    card_a: Annotated[
        str,
        typer.Argument(metavar="CARD_A", help="A card of the first model.", autocompletion=completed("card")),
    ],
    card_b: Annotated[
        str,
        typer.Argument(
            metavar="CARD_B",
            help="One of the second, of the same experiment; may be the same.",
            autocompletion=completed("card"),
        ),
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
    first: FirstToyOption = 0,
    output: PartOption = None,
    fix_a: Annotated[bool, _fix_option("A")] = False,
    fix_b: Annotated[bool, _fix_option("B")] = False,
    unbounded: Annotated[
        bool,
        typer.Option("--unbounded", help="Let the parameters leave their physical range, as `fit` does."),
    ] = False,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    set_a: Annotated[list[str] | None, _set_option("A")] = None,
    set_b: Annotated[list[str] | None, _set_option("B")] = None,
    override: SetOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two models on one data set.

    The statistic is -2 ln L_A + 2 ln L_B; toys say what it is if either is true.
    """
    from macros.card import choose_specific
    from macros.setup import open_card, plan_figures

    figures = plan_figures(figure, style)
    a = open_card(
        card_a, choose_specific(override or (), set_a or ()), seed=seed, threads=threads, several=True
    )

    from macros.merging import check_series
    from macros.runs import run_comparison
    from macros.setup import (
        FilePlan,
        auxiliary_files,
        card_files,
        check_same_experiment,
        data_files,
        part_output,
    )
    from macros.studies import load_data_sets, say_how_to_go_on
    from macros.terminal import stop_on_interrupt
    from macros.words import comparison_document, say_comparison

    used_seed = int(a.run.seed or 0)
    of_b = choose_specific(override or (), set_b or ())
    b = open_card(card_b, of_b, seed=used_seed, threads=threads, several=True)
    cards = (*card_files(card_a, a), *card_files(card_b, b))
    reads = (*cards, *data_files(data), *auxiliary_files(auxiliary))
    writes = (*part_output(output), *figures.outputs())
    plan = FilePlan(reads=reads, writes=writes, force=force)
    checked = plan.check()
    check_same_experiment(a, b)
    found = [
        load_data_sets(
            card, data, number=experiment, unit=unit, auxiliary=auxiliary, toy=toy, check_series=check
        )
        for card, check in ((a, check_series), (b, lambda _: ()))  # once is enough
    ]
    differences: list[Any] = []
    with plan.open(checked) as former, stop_on_interrupt(has_file=output is not None) as stop:
        compared = run_comparison(
            a,
            b,
            found,
            n,
            fixed=(fix_a, fix_b),
            bounded=not unbounded,
            first=first,
            output=output,
            former=former,
            progress=progress,
            stop=stop,
            on_statistics=(lambda _, found: differences.append(found)) if figures else None,
        )
        result = compared.result
        note = f"{a.name} and {b.name}; {found[0].kind} data"
        files = figures.write(_picture(result, differences, note), former=former) if figures else []
        if as_json:
            emit_json(
                comparison_document(result)
                | {
                    "data": compared.source,
                    "auxiliary": compared.auxiliary,
                    "seed": used_seed,
                    "figure": files or None,
                    **({} if output is None else {"file": str(output), "first": first}),
                }
            )
        else:
            say_comparison(result)
            if output is not None:
                say(f"{output}: {number_of(result.n_toys, 'toy')} of each from {first} on, seed {used_seed}")
            for file in files:
                say(file)
    say_how_to_go_on(output, first=first, done=result.n_toys, n=n, seed=used_seed)


def _picture(result: "HypothesisComparison", differences: list[Any], note: str) -> "Picture":
    """Draw the distributions of both models, and the data."""
    import numpy as np

    from macros.plots import ComparisonFigure, Picture

    figure = ComparisonFigure(result=result, differences=np.concatenate(differences, axis=1), note=(note,))
    return Picture(draw=figure.draw, data=figure.numbers())
