"""Results that other commands wrote as JSON, as tables of HEPData."""

from collections.abc import Mapping
from typing import Any

from macros.exports.hepdata_tables import Column, HepTable

__all__ = ["document_tables"]


def document_tables(document: Mapping[str, Any], source: str) -> list[HepTable]:
    """Make the tables of what a command wrote with --json.

    Parameters
    ----------
    document : mapping
        Of `contour`, `coverage`, `limit` or `sensitivity`.
    source : str
        Its name and checksum, for descriptions.

    Raises
    ------
    ValueError
        If it is of none of them.
    """
    for keys, tables in (
        (("contours", "delta", "x", "y"), _contour),
        (("points", "study_verdict", "level"), _coverage),
        (("band", "regions", "upper"), _band),
        (("global_fit", "limit", "errors"), _sensitivity),
    ):
        if all(key in document for key in keys):
            return tables(document, f"; from {source}")
    raise ValueError(
        "is no result of contour, coverage, limit or sensitivity: write one with, for example, "
        "nugauge contour CARD ... --json > contour.json"
    )


def _contour(document: Mapping[str, Any], source: str) -> list[HepTable]:
    """Make the table of a plane, and one of each of its contours."""
    names = list(document["parameters"])
    about = (("model", str(document["model"])), ("data", str(document["kind"])))
    pairs = [(x, y) for y in document["y"] for x in document["x"]]
    delta = [v for row in document["delta"] for v in row]
    known = [i for i, v in enumerate(delta) if v is not None]
    plane = HepTable(
        name="Plane",
        description=f"-2 ln L of {' and '.join(names)} above its minimum, minimised over all else{source}",
        columns=(
            *(
                Column(name=name, values=[pairs[i][k] for i in known], independent=True)
                for k, name in enumerate(names)
            ),
            Column(name="-2 Delta ln L", values=[delta[i] for i in known], qualifiers=about),
        ),
    )
    tables = [plane]
    for contour in document["contours"]:
        points = [(n, *point) for n, line in enumerate(contour["lines"], start=1) for point in line]
        if points:
            tables.append(
                HepTable(
                    name=f"Contour at {contour['level']:g}",
                    description=f"Lines at -2 Delta ln L = {contour['delta_chi2']:.4f}, "
                    f"{100 * contour['level']:g} % for two parameters{source}",
                    columns=(
                        Column(name="line", values=[p[0] for p in points], independent=True),
                        Column(name=names[0], values=[p[1] for p in points], independent=True),
                        Column(name=names[1], values=[p[2] for p in points], qualifiers=about),
                    ),
                )
            )
    return tables


def _coverage(document: Mapping[str, Any], source: str) -> list[HepTable]:
    points = document["points"]
    columns = [
        Column(name=f"true {document['parameter']}", values=[p["value"] for p in points], independent=True),
        Column(name="pseudo-experiments", values=[p["n_toys"] for p in points]),
    ]
    for method in points[0]["methods"] if points else ():
        found = [p["methods"][method] for p in points]
        ends = [(m["low"] - m["fraction"], m["high"] - m["fraction"]) for m in found]
        columns.append(
            Column(
                name=f"coverage of {method}",
                values=[m["fraction"] for m in found],
                errors=(("Clopper-Pearson, 99.7 %", ends),),
                qualifiers=(("confidence level", f"{100 * document['level']:g} %"),),
            )
        )
    description = f"Share of the intervals that hold the true value of {document['parameter']}{source}"
    return [HepTable(name="Coverage", description=description, columns=columns)]


def _band(document: Mapping[str, Any], source: str) -> list[HepTable]:
    """Make the table of the quantiles of an expected limit."""
    if document["band"] is None:
        raise ValueError("has no band of an expected limit: it is of data, or of `limit --toys 0`")
    known = {s: v for s, v in document["band"].items() if v is not None}
    deviations = [document["band_errors"][s] for s in known]
    return [
        HepTable(
            name="Expected limit",
            description=f"Quantiles of the upper limit on {document['parameter']} of "
            f"pseudo-experiments{source}",
            columns=(
                Column(name="standard deviations", values=[float(s) for s in known], independent=True),
                Column(
                    name=f"expected upper limit on {document['parameter']}",
                    values=list(known.values()),
                    errors=(("stat of the pseudo-experiments", deviations),) if any(deviations) else (),
                    qualifiers=(
                        ("confidence level", f"{100 * document['level']:g} %"),
                        ("method", str(document["method"])),
                    ),
                ),
            ),
        )
    ]


def _sensitivity(document: Mapping[str, Any], source: str) -> list[HepTable]:
    """Make the table of expected limits against the error of bins, or against one or two keys of a card."""
    limits, masses = document["limit"], document["M_Zprime_GeV"]
    if document["errors"]:
        axes = [Column(name="relative error of a bin", values=document["errors"], independent=True)]
    elif "keys" in document:
        pairs = [(x, y) for y in document["values"][1] for x in document["values"][0]]
        axes = [
            Column(name=key, values=[pair[k] for pair in pairs], independent=True)
            for k, key in enumerate(document["keys"])
        ]
        limits, masses = ([v for row in rows for v in row] for rows in (limits, masses))
    else:
        axes = [Column(name=document["key"], values=document["values"], independent=True)]
    kept = ["none" if v is None else v for v in limits]
    columns = [
        *axes,
        Column(
            name=f"expected upper limit on {document['parameter']}",
            values=kept,
            qualifiers=(("model", str(document["model"])),),
        ),
    ]
    if any(m is not None for m in masses):
        columns.append(
            Column(
                name="lower limit on M_Z'", unit="GeV", values=["none" if m is None else m for m in masses]
            )
        )
    description = f"Expected upper limit on {document['parameter']} of exact data{source}"
    return [HepTable(name="Sensitivity", description=description, columns=columns)]
