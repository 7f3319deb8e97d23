"""A model as HTML: its parameters with units, and its cross section beside that of the standard model."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simgen.flavours import Flavour
from simgen.interaction.crosssection import dsigma_dT
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import Model
from simgen.pictures import GREY, VERMILION, Curve, picture
from simgen.representation import html_table, readable

__all__ = ["model_html"]

_UNITS = {
    "beta": "rad",
    "phi": "rad",
    "mu_nu": "mu_B",
    "charge_radius": "cm2",
    "vector_mass": "MeV",
    "scalar_mass": "MeV",
}
"""Units of parameters that have one, but for delta_m2 [eV²]."""
_E_NU = 1.0
"""Neutrino energy of the picture [MeV]."""
_FIRST, _N_POINTS = 0.02, 121
"""First recoil energy of the picture, as a part of the largest, and number of points."""
_SCALE = 1e45


def model_html(model: Model, stated: Mapping[str, Any]) -> str:
    """Write a table of parameters of a model, with a picture of dσ/dT."""
    rows = [(name, _shown(name, value)) for name, value in stated.items()]
    return html_table(f"Model {model.label}", rows, _cross_section(model))


def _shown(name: str, value: Any) -> str:
    """Write the value of a parameter with its unit."""
    if name == "delta_m2":
        return f"{value:.6g} eV2"
    if isinstance(value, float) and name in _UNITS:
        return readable(value, _UNITS[name])
    return readable(value) if isinstance(value, float) else str(value)


def _cross_section(model: Model) -> str:
    """Draw dσ/dT of electron neutrinos of 1 MeV; before oscillation, if the model has one."""
    last = float(T_max(_E_NU))
    T = np.linspace(_FIRST * last, last, _N_POINTS)
    layers = [
        Curve(
            x=T.tolist(),
            y=(_SCALE * dsigma_dT(T, _E_NU, of, flavour=Flavour.NU_E)).tolist(),
            label=of.label if dashed is False else "standard model",
            colour=GREY if dashed else VERMILION,
            dashed=dashed,
        )
        for of, dashed in ((model, False), (model.standard(), True))
    ]
    about = f"Cross section of {model.label} for electron neutrinos of {_E_NU:g} MeV"
    return picture(
        about,
        layers,
        x="T [MeV], E_ν = 1 MeV",
        y="dσ/dT [10⁻⁴⁵ cm²/MeV]",
        x_range=(0.0, None),
        y_range=(0.0, None),
    )
