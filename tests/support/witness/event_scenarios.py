"""Commands that make event files: of every preset, of all kinds of sources, detectors, geometries, files."""

import json

from support.witness.running import call, step

__all__ = ["preset_events", "presets", "special_events"]

CARD = "borexino-cr51-realistic"
ALL = """--set 'run.columns=["vertex","time","cos_theta"]' --set run.precision=float64"""
SOME = """--set 'run.columns=["time","cos_theta"]' --set run.precision=float64"""


def presets():
    """List the presets, as the program does."""
    return json.loads(call("list", "presets", "--json").stdout)["presets"]


def _experiments(card):
    """Return the names of a card's experiments, none if it is one."""
    return list(json.loads(call("check", card, "--json").stdout).get("experiments", {}))


def preset_events(card):
    """Events of a preset: true, measured, with vertices and times, one thread and two, three experiments."""
    names = _experiments(card)
    document = json.loads(call("check", card, "--json").stdout)["document"]
    steps = [step(f"check {card}"), step(f"limit {card} --toys 0")]
    for name in names or [None]:
        own = document if name is None else document | document["experiment"][name]
        columns = ALL if "geometry" in own and "flux" not in own["source"] else SOME
        of, end = ("", "") if name is None else (f" --of {name}", f"-{name}")
        n = "--events 5000 --seed 1"
        key = "exposure.duration" if name is None else f"experiment.{name}.exposure.duration"
        steps += [
            step(f"expect {card}{of}"),
            step(f"generate {card}{of} {n} --threads 1 {columns} -o true{end}.root"),
            step(f"detect {card}{of} true{end}.root {columns} -o detected{end}.root"),
            step(f"simulate {card}{of} {n} --threads 1 {columns} -o one{end}.root"),
            step(f"simulate {card}{of} {n} --threads 2 {columns} -o two{end}.root"),
            step(f"simulate {card}{of} {n} -o plain{end}.root"),
            step(
                f"simulate {card}{of} --experiments 3 --seed 2 --set {key}='0.2 d' -o experiments{end}.root"
            ),
            step(f"reweight plain{end}.root --to {card}{of} --set model.eps_L=0.01 -o weighted{end}.root"),
        ]
    return steps


def special_events():
    """Long runs, series, formats of files, and physics that no preset has."""
    n = "--events 3000 --seed 1"
    return [
        step(f"simulate {CARD} --events 300000 --seed 1 --threads 1 {ALL} -o long1.root"),
        step(f"simulate {CARD} --events 300000 --seed 1 --threads 2 {ALL} -o long2.root"),
        step(f"simulate {CARD} {n} --events-per-file 1000 -o series.root"),
        step("merge merged.root series-0000.root series-0001.root series-0002.root --complete"),
        step("inspect merged.root"),
        step("rerun merged.root"),
        step(f"simulate {CARD} {n} --first 1000 -o first.root"),
        step(f"simulate {CARD} {n} --set run.format=rntuple -o rntuple.root"),
        step(f"simulate {CARD} {n} --set run.compression=lz4-4 -o lz4.root"),
        step(f"reweight rntuple.root --to {CARD} --set model.gamma=0.1 --gamma-templates -o weighted.root"),
        step("inspect weighted.root"),
        *(step(f"simulate {CARD} {n} --set {key} -o set{i}.root") for i, key in enumerate(_SETTINGS)),
        *(step(f"simulate {path} {n} -o {path.rpartition('/')[2]}.root") for path in _CARDS),
        *(step(f"expect {path}") for path in _CARDS),
        *(step(f"expect {CARD} --set {key}") for key in _SETTINGS),
        step(f"simulate hard/two_experiments.toml --of two {n} -o two.root"),
    ]


_SETTINGS = (
    "model.corrections=tree",
    "model.corrections=electroweak",
    "model.mu_nu=5e-11 --set model.generate_above='1 keV'",
    "model.eps_L=0.1",
    "model.millicharge=1e-12 --set model.generate_above='1 keV'",
    "model.vector_coupling=1e-12 --set model.vector_mass='0.1 MeV'",
    "model.gamma=0.2 --set model.phi='1 deg'",
    "model.gamma=0.2 --set model.constrained=true",
    "model.generate_above='100 keV'",
    "model.generate_above=auto",
    "source.isotope=Ar37",
    "source.isotope=Sr90",
    "source.isotope=Ce144",
    "source.isotope=H3 --set detector.threshold=none",
    "geometry.source_radius='10 cm'",
    """'geometry={shape="box", size=["3 m", "4 m", "5 m"], source_position=["0 m", "1 m", "8 m"]}'""",
    """'geometry={shape="cylinder", radius="3 m", height="4 m", source_position=["0 m", "1 m", "8 m"]}'""",
    """'geometry={shape="shell", inner_radius="1 m", radius="3 m"}'""",
    "model.sin2_2theta=0.2 --set model.delta_m2='1 eV2'",
    """'detector.distance={low="5 m", high="11 m", width="0.5 m", resolution="15 cm"}'""",
    """'detector.fiducial={wall_distance="50 cm"}'""",
    "detector.binding=shells",
    "detector.resolution=perfect",
    """'detector.resolution={photoelectrons="500 /MeV"}'""",
    """'detector.resolution={constant="5 keV", at_1MeV="50 keV", proportional=0.02}'""",
    """'detector.resolution={energies=["0 keV", "1 MeV"], sigma=["5 keV", "60 keV"]}'""",
    """'detector.efficiency={energy="true", energies=["0 keV", "1 MeV"], values=[0.5, 1]}'""",
    """'detector.efficiency={energy="measured", energies=["0 keV", "1 MeV"], values=[0.5, 1]}'""",
    """'detector.quenching={kB="0.01 g/cm2/MeV", mean_excitation="64.7 eV"}'""",
    """'detector.quenching={energies=["0 keV", "1 MeV"], ratio=[0.8, 1.0]}'""",
    "background.flat.smeared=true",
    "background.flat.half_life='30 d'",
    """'background.line={shape="line", energy="400 keV", rate="5 /d", uncertainty=0.1}'""",
    """'background.power={shape="power", low="1 keV", high="1 MeV", index=2, rate="5 /d", uncertainty=0}'""",
    """'background.bins={shape="table", edges=["0.2 MeV", "0.4 MeV", "0.8 MeV"], contents=[2, 1], """
    """rate="5 /d", uncertainty=0.1, smeared=true}'""",
)

_CARDS = (
    "cases/decaying-background.toml",
    "cases/line-on-edge.toml",
    "cases/photoelectrons.toml",
    "cases/h5.toml",
    "hard/beta.toml",
    "hard/numu_counting.toml",
    "hard/scalar_coupling.toml",
    "hard/vector_mass.toml",
)
