"""Documents of random cards, for hypothesis: any source, detector, background and model."""

from hypothesis import HealthCheck, strategies as st

from simgen.interaction.kinematics import T_max
from simgen.sources.isotopes import SOURCES, source

__all__ = ["ENDS", "SLOW", "documents", "models", "number"]


def number(low, high):
    """Draw numbers as people write them: four digits behind the point."""
    return st.floats(low, high).map(lambda x: round(x, 4))


SLOW = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}


ENDS = {name: 1e3 * float(T_max(source(name).endpoint)) for name in SOURCES}
"""Largest recoil energies [keV]."""


def keV(energy):
    return f"{energy:.6g} keV"


@st.composite
def models(draw, end):
    """Draw a gauge structure, and terms of the size of weak scattering at recoils of `end` [keV]."""
    name = draw(st.sampled_from(["SM", "E6", "LR"]))
    table = {
        "name": name,
        "sin2_theta_w": draw(number(0.22, 0.24)),
        "corrections": draw(st.sampled_from(["tree", "electroweak", "full"])),
        "delta_c_L": draw(number(-0.2, 0.2)),
        "generate_above": keV(0.03 * end),
    }
    if name == "E6":
        table["beta"] = f"{draw(number(-60, 60))} deg"
    if name != "SM":
        table["gamma"] = draw(number(0.01, 0.2))
        if draw(st.booleans()):
            table["phi"] = f"{draw(number(-2, 2))} deg"
        else:
            table["constrained"] = {"tau": draw(number(0, 5))} if name == "E6" else True
    T = 1e-3 * end
    choices = {
        "moment": {"mu_nu": 2.6e-10 * T**0.5 * draw(number(0.1, 1))},
        "NSI": {"eps_L": draw(number(-0.2, 0.2)), "eps_R": draw(number(-0.2, 0.2))},
        "radius": {
            "charge_radius": f"{draw(number(-5, 5))}e-32 cm2",
            "charge_radius_convention": draw(st.sampled_from(["form-factor", "texono"])),
        },
        "charge": {"millicharge": 1e-11 * T * draw(number(-1, 1))},
        "vector": {"vector_coupling": 5e-12 * T * draw(number(-1, 1)), "vector_mass": keV(0.3 * end)},
        "scalar": {"scalar_coupling": 3e-11 * T * draw(number(0, 1)), "scalar_mass": keV(0.2 * end)},
    }
    for chosen in draw(st.sets(st.sampled_from(sorted(choices)), max_size=3)):
        table |= choices[chosen]
    return table


@st.composite
def geometries(draw):
    """Draw a shape with a source in it or beside it, a point or not."""
    shape = draw(st.sampled_from(["sphere", "shell", "cylinder", "box"]))
    size = {
        "sphere": {"radius": "100 cm"},
        "shell": {"inner_radius": "20 cm", "radius": "100 cm"},
        "cylinder": {"radius": "80 cm", "height": "150 cm"},
        "box": {"size": ["1 m", "90 cm", "1200 mm"]},
    }[shape]
    position = [f"{draw(st.sampled_from([0, 10, -250]))} cm" for _ in range(3)]
    return {"shape": shape, **size, "source_position": position, "source_radius": draw(radii)}


radii = st.sampled_from(["0 cm", "15 cm"])


@st.composite
def detectors(draw, end):
    """Draw a detector of recoils up to `end` [keV], with any response."""
    low, high = draw(number(0.1, 0.3)) * end, draw(number(0.7, 1.1)) * end
    points = {"energies": [keV(0), keV(0.4 * end), keV(2 * end)]}
    photoelectrons = f"{draw(st.integers(20, 2000)) / end:.6g} /keV"
    resolutions = [
        "perfect",
        {"at_1MeV": keV(0.06 * (1e3 * end) ** 0.5), "constant": keV(0.01 * end), "proportional": 0.02},
        {"photoelectrons": photoelectrons},
        {**points, "sigma": [keV(0.02 * end), keV(0.05 * end), keV(0.2 * end)]},
    ]
    values = {"values": [draw(number(0, 1)), draw(number(0, 1)), draw(number(0.1, 1))]}
    efficiencies = [draw(number(0.3, 1)), *({"energy": e, **points, **values} for e in ("true", "measured"))]
    quenchings = [
        "none",
        {"kB": "0.01 g/cm2/MeV", "mean_excitation": "452 eV"},
        {**points, "ratio": [0.7, 0.9, 1]},
    ]
    return {
        "name": "random",
        "target": "NaI",
        "electrons": 1e30,
        "threshold": keV(low * draw(number(0.7, 1.3))),
        "bins": {"low": keV(low), "high": keV(high), "width": keV(draw(number(0.05, 0.3)) * end)},
        "resolution": draw(st.sampled_from(resolutions)),
        "efficiency": draw(st.sampled_from(efficiencies)),
        "quenching": draw(st.sampled_from(quenchings)),
        "binding": draw(st.sampled_from(["free", "shells"])),
        "energy_scale": draw(number(0.9, 1.1)),
        "fiducial": draw(number(0.3, 1)),
    }


@st.composite
def backgrounds(draw, end):
    """Draw backgrounds, some smeared."""
    common = {"rate": "40 /d", "uncertainty": 0.1, "half_life": draw(st.sampled_from(["none", "9 d"]))}
    span = {"low": keV(0.1 * end), "high": keV(1.5 * end), "smeared": draw(st.booleans())}
    choices = {
        "flat": {"shape": "flat", **span},
        "power": {"shape": "power", "index": draw(number(-1, 3)), **span},
        "line": {"shape": "line", "energy": keV(0.5 * end)},
        "steps": {
            "shape": "table",
            "edges": [keV(0), keV(0.6 * end), keV(end)],
            "contents": [1, 2],
            "smeared": span["smeared"],
        },
    }
    names = draw(st.sets(st.sampled_from(sorted(choices)), max_size=2))
    return {name: {**choices[name], **common} for name in sorted(names)}


@st.composite
def documents(draw):
    """Draw a card with a decaying source or a flux."""
    isotope = draw(st.sampled_from(sorted(SOURCES)))
    end = ENDS[isotope]
    document = {
        "source": {"isotope": isotope, "data": "modern"},
        "detector": draw(detectors(end)),
        "exposure": {"start": "3 d", "duration": f"{draw(number(1, 300))} d"},
        "background": draw(backgrounds(end)),
        "model": draw(models(end)),
    }
    if isotope == "Be7" or draw(st.booleans()):
        document["source"]["flux"] = "1e12 /cm2/s"
    else:
        document["source"]["activity"] = "1 MCi"
        document["geometry"] = draw(geometries())
    return document
