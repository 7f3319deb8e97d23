"""Commands that the record runs, by group: each command once, fits, limits, studies, figures, messages."""

from support.witness.running import step

__all__ = [
    "figures",
    "fits",
    "hard",
    "limits",
    "messages",
    "mixing_figure",
    "planes",
    "small",
    "studies",
    "texts",
    "whole_run",
]

CARD = "borexino-cr51-realistic"
TWO = "hard/two_experiments.toml"
FREE = "--set systematics.energy_scale=0.01 --set systematics.resolution=0.02"


def small():
    """Each command, on few events and toys."""
    return [
        step("list"),
        step(f"init {CARD}", json=False),
        step(f"check {CARD}"),
        step(f"expect {CARD}"),
        step("counts 3 --background 1.5"),
        step(f"sensitivity {CARD} --errors 0.01:0.05:3"),
        step(f"limit {CARD} --toys 0"),
        step(f"generate {CARD} --events 300 --seed 1 -o true.root"),
        step(f"detect {CARD} true.root -o detected.root"),
        step(f"simulate {CARD} --events 300 --seed 1 -o events.root"),
        step(f"simulate {CARD} --events 300 --first 300 --seed 1 -o more.root"),
        step("merge merged.root events.root more.root"),
        step(f"reweight events.root --to {CARD} --set model.gamma=0.1 -o weighted.root"),
        step(f"fit {CARD} merged.root"),
        step("inspect merged.root"),
        step("rerun events.root"),
        step(f"toys {CARD} -n 20 --seed 1 -o toys.root"),
        step(f"coverage {CARD} --at 0.1 -n 20 --seed 1 --method minos"),
        step(f"calibrate {CARD} -n 50 --at 0,0.1 --seed 1 -o calibration.root"),
        step(f"compare {CARD} {CARD} merged.root --set-b model.gamma=0.1 --fix-a --fix-b -n 50 --seed 1"),
        step(f"contour {CARD} --x gamma=-0.1:0.3:3 --y sin2_theta_w=0.22:0.24:3"),
        step("figure 3 -o figures"),
        step(f"run {CARD} --seed 1 --set exposure.duration='2 d' -o run"),
    ]


def fits():
    """Fits of data of all kinds, with all that `fit` can add."""
    return [
        step(f"simulate {CARD} --seed 1 -o events.root"),
        step(f"run {CARD} --seed 2 -o run"),
        step(f"fit {CARD} events.root"),
        step(f"fit {CARD} events.root --details"),
        step(f"fit {CARD} run/histograms.root:T_reco"),
        step(f"fit {CARD} run/spectrum.json"),
        step(f"fit {CARD} run/spectrum.csv"),
        step(f"fit {CARD} events.root --details {FREE} --impacts pulls.png --profile profile.png"),
        step(f"fit {CARD} events.root --figure counts.png"),
        step(f"fit {CARD} events.root --profile line.pdf --profile-at -0.2:0.6:5"),
        step(f"fit {CARD} events.root --gof 300 --seed 3"),
        step(f"fit {CARD} events.root --gof 300 --seed 3 {FREE} --threads 2"),
        step(f"fit {CARD} events.root --poi sin2_theta_w"),
        step(f"fit {CARD} events.root --poi mu_nu"),
        step(f"fit {CARD} events.root --poi eps_L --details"),
        step(f"fit {CARD} events.root --poi eps_R --set fit.method=hesse"),
        step(f"fit {CARD} events.root --poi delta_c_L --set model.delta_c_L_order=first"),
        step(f"fit {CARD} events.root --poi charge_radius --set model.charge_radius_convention=texono"),
        step(f"fit {CARD} events.root --auxiliary activity=1.01 --auxiliary 'background_flat=11 /d'"),
        step(f"reweight events.root --to {CARD} --set model.gamma=0.2 -o weighted.root"),
        step(f"fit {CARD} weighted.root --details"),
        step(f"fit {CARD} weighted.root --gof 300 --seed 3"),
        step(f"fit {CARD} events.root --seed 4 --set fit.templates=simulation --set fit.template_events=900"),
        step("fit borexino-cr51-paper cases/m8.csv --details"),
        step("fit cases/m8.toml cases/m8.csv"),
        step("fit cases/deg.toml cases/deg.csv"),
        step("fit cases/numu-counting.toml cases/numu-947.csv"),
        step(f"toys {CARD} -n 20 --seed 5 -o toys.root"),
        step(f"fit {CARD} toys.root --toy 7"),
        step(f"simulate {CARD} --experiments 3 --seed 6 -o three.root --set exposure.duration='5 d'"),
        step(f"fit {CARD} three.root --experiment 1 --set exposure.duration='5 d'"),
        step(f"simulate {TWO} --of one --seed 1 -o one.root"),
        step(f"simulate {TWO} --of two --seed 2 -o two.root"),
        step(f"fit {TWO} one=one.root two=two.root --details --gof 200 --seed 1"),
        step("simulate borexino-cr51-sterile --seed 1 -o waves.root --set exposure.duration='5 d'"),
        step("fit borexino-cr51-sterile waves.root --set exposure.duration='5 d'"),
        step("fit borexino-cr51-sterile waves.root --set exposure.duration='5 d' --poi delta_m2 "
             "--set model.sin2_2theta=0.2"),
    ]  # fmt: skip


def limits():
    """Limits by all methods, of counts, weights and exact data."""
    bands = "--toys 200 --seed 1 --audit 3"
    few = "--set exposure.duration='2 d'"
    return [
        step(f"simulate {CARD} --seed 1 -o events.root"),
        step(f"limit {CARD} events.root"),
        step(f"limit {CARD} events.root --method two-sided"),
        step(f"limit {CARD} events.root --poi sin2_theta_w"),
        step(f"limit {CARD} events.root --poi mu_nu {FREE}"),
        step(f"limit {CARD} {bands}"),
        step(f"limit {CARD} {bands} --method two-sided {FREE}"),
        step(f"limit {CARD} {bands} --poi mu_nu --set fit.limit_level=0.9"),
        step(f"limit {TWO} {bands}"),
        step(f"limit borexino-cr51-paper {bands}"),
        step(f"reweight events.root --to {CARD} --set model.gamma=0.1 -o weighted.root"),
        step(f"limit {CARD} weighted.root"),
        step(f"calibrate {CARD} -n 300 --at 0:0.4:5 --seed 1 -o table.root"),
        step(f"limit {CARD} events.root --method feldman-cousins --table table.root"),
        step(f"limit {CARD} events.root --method calibrated --table table.root"),
        step(f"limit {CARD} events.root --method cls --table table.root"),
        step(f"limit {CARD} {bands} --method cls --table table.root"),
        step(f"limit {CARD} events.root --method feldman-cousins -n 100 --seed 2"),
        step(f"calibrate {CARD} events.root -n 100 --nuisances profiled --at 0:0.4:3 --seed 1 -o data.root"),
        step(f"simulate {CARD} --seed 1 -o few.root {few}"),
        step(f"limit {CARD} few.root --method cls -n 100 --seed 2 {few}"),
    ]


def studies():
    """Toys, coverage and comparisons."""
    at = "--at 0,0.1 -n 200 --seed 1"
    return [
        step(f"toys {CARD} -n 500 --seed 1 -o toys.root --figure toys.png"),
        step(f"toys {CARD} -n 500 --seed 1 -o threads.root --threads 2"),
        step(f"toys {CARD} -n 300 --first 500 --seed 1 -o more.root"),
        step("merge all.root toys.root more.root"),
        step("rerun all.root"),
        step("inspect all.root"),
        step(f"toys {CARD} -n 200 --seed 1 -o shapes.root {FREE}"),
        step(f"toys {CARD} -n 200 --seed 1 -o unfitted.root --no-fit"),
        step(f"toys {CARD} -n 20 --level events --seed 1 -o events.root --set exposure.duration='5 d'"),
        step(f"toys {CARD} -n 200 --seed 1 -o counts.root --set fit.drawn=counts"),
        step(f"toys {CARD} -n 200 --seed 1 -o nuisances.root --set fit.drawn=nuisances"),
        step(f"toys {CARD} -n 100 --seed 1 -o hesse.root --set fit.method=hesse --cl 0.9"),
        step(f"simulate {CARD} --experiments 5 --seed 6 -o five.root --set exposure.duration='5 d'"),
        step(f"toys {CARD} --data five.root -o fitted.root --set exposure.duration='5 d'"),
        step(f"simulate {CARD} --seed 1 -o data.root"),
        step(f"reweight data.root --to {CARD} --set model.gamma=0.1 -o weighted.root"),
        step(f"toys {CARD} -n 200 --weights weighted.root --seed 1 -o weights.root"),
        step(f"toys {TWO} -n 200 --seed 1 -o two.root"),
        step("toys borexino-cr51-paper -n 200 --seed 1 -o paper.root"),
        step(f"coverage {CARD} {at} -o coverage.root --figure coverage.png"),
        step(f"coverage {CARD} {at} {FREE} --threads 2"),
        step(f"coverage {CARD} --at 0:0.2:3 -n 10 --level events --seed 1 --set exposure.duration='5 d'"),
        step(f"coverage {CARD} {at} --weights weighted.root --method minos --method one-sided"),
        step(f"calibrate {CARD} -n 200 --at 0,0.1,0.2 --seed 1 -o table.root --threads 2"),
        step(f"coverage {CARD} --at 0.1 -n 200 --seed 2 --table table.root"),
        step("rerun coverage.root"),
        step("rerun table.root"),
        step(f"compare {CARD} {CARD} data.root --set-a model.beta=psi -n 200 --seed 1"),
        step(f"compare {CARD} {CARD} data.root --set-b model.gamma=0.1 --fix-a --fix-b -n 200 --seed 1"),
        step(f"compare {CARD} {CARD} data.root --set-b fit.poi=mu_nu --unbounded -n 100 --seed 1 {FREE}"),
    ]


def hard():
    """Fit, limit and studies of cards that are hard to fit: all parameters of interest."""
    n_toys = dict.fromkeys(HARD, 40) | {"vector_mass": 8}
    options = "--seed 1 --audit 2 --max-failed 1"
    return [
        one
        for card, n in n_toys.items()
        for one in (
            step(f"toys hard/{card}.toml -n {n} {options} -o {card}.root"),
            step(f"limit hard/{card}.toml --toys 0 --seed 1"),
            step(f"fit hard/{card}.toml {card}.root --toy 3 --details"),
        )
    ]


HARD = (
    "beta", "charge_radius", "delta_c_l", "delta_m2", "eps_r", "log_normal", "low_counts", "mu_nu",
    "numu_counting", "paper", "phi", "proportional_backgrounds", "scalar_coupling", "shapes",
    "simulated_templates", "sin2_theta_w", "vector_mass",
)  # fmt: skip
"""Cards in tests/hard, of one experiment."""


def planes():
    """Contours, sensitivities and intervals of counts."""
    plane = "--x gamma=-0.1:0.5:7 --y sin2_theta_w=0.2:0.26:7"
    return [
        step(f"contour {CARD} {plane} -o plane.png"),
        step(f"simulate {CARD} --seed 1 -o events.root"),
        step(f"contour {CARD} events.root {plane} {FREE}"),
        step("contour borexino-cr51-sterile --x sin2_2theta=0:0.3:4 --y delta_m2=0.1:10:5:log"),
        step("contour borexino-cr51-paper --x eps_L=-0.3:0.3:5 --y eps_R=-0.3:0.3:5"),
        step("sensitivity borexino-cr51-paper --errors 0.01:0.1:10"),
        step("sensitivity borexino-cr51-paper --errors 0.01:0.1:4 --method two-sided"),
        step(f"sensitivity {CARD} --scan exposure.duration=10:100:4"),
        step(f"sensitivity {CARD} --scan systematics.activity=0.005:0.03:4 --poi mu_nu"),
        step("counts 0 --background 3"),
        step("counts 7 --background 2.5 --level 0.95"),
        step("counts 4 --background 3.2 --form monotone"),
    ]


def figures():
    """All figures but the one that takes minutes."""
    return [step(f"figure {name} -o figures{name} --format png") for name in
            ("1", "2", "3", "4", "1-normalisation", "2-normalisation", "beta")] + [
        step("figure 1 -o two-sided --method two-sided"),
    ]  # fmt: skip


def mixing_figure():
    """The figure of mixing and mass, which takes minutes."""
    return [step("figure mixing -o figures --format png")]


def texts():
    """What commands print for people."""
    return [
        step(f"simulate {CARD} --seed 1 -o events.root", json=False),
        step(f"generate {CARD} --events 100 --seed 1 -o true.root", json=False),
        step(f"detect {CARD} true.root -o detected.root", json=False),
        step("list", json=False),
        step("list sources", json=False),
        step("init lama-pm147-realistic", json=False),
        step(f"init {CARD} -o card.toml", json=False),
        step("check card.toml", json=False),
        step(f"check {TWO}", json=False),
        step(f"expect {CARD}", json=False),
        step("expect borexino-cr51-sterile", json=False),
        step(f"fit {CARD} events.root", json=False),
        step(f"fit {CARD} events.root --details --gof 100 --seed 1", json=False),
        step(f"limit {CARD} events.root", json=False),
        step(f"limit {CARD} --toys 100 --seed 1", json=False),
        step(f"toys {CARD} -n 30 --seed 1 -o toys.root", json=False),
        step(f"coverage {CARD} --at 0.1 -n 100 --seed 1", json=False),
        step(f"calibrate {CARD} -n 100 --at 0,0.1 --seed 1 -o table.root", json=False),
        step(f"limit {CARD} events.root --method cls --table table.root", json=False),
        step(
            f"compare {CARD} {CARD} events.root --set-b model.gamma=0.1 --fix-b -n 100 --seed 1", json=False
        ),
        step(f"contour {CARD} --x gamma=-0.1:0.3:3 --y sin2_theta_w=0.22:0.24:3", json=False),
        step("sensitivity borexino-cr51-paper --errors 0.01:0.05:3", json=False),
        step("counts 3 --background 1.5", json=False),
        step("inspect events.root", json=False),
        step("rerun events.root", json=False),
        step("merge merged.root events.root", json=False),
        step(f"reweight events.root --to {CARD} --set model.gamma=0.1 -o weighted.root", json=False),
        step("figure 1 -o figures", json=False),
        step(f"run {CARD} --seed 1 -o run", json=False),
    ]


def whole_run():
    """The main job: a directory with report, of one and of several experiments."""
    return [
        step(f"run {CARD} --seed 1 -o one"),
        step("run borexino-cr51-sterile --seed 1 --set exposure.duration='2 d' -o sterile"),
        step(f"run {TWO} --of one --seed 1 -o two"),
        step("rerun one/events.root"),
        step(f"run {CARD} --seed 2 -o one --force"),
    ]


def messages():
    """Wrong cards, arguments and files: the message and the exit status."""
    return [
        step("expect nowhere.toml", status=2),
        step("expect borexino-cr51-realistik", status=2),
        step(f"expect {CARD} --set model.gama=0.1", status=2),
        step(f"expect {CARD} --set model.gamma=-1", status=2),
        step(f"expect {CARD} --set detector.threshold=250", status=2),
        step(f"expect {CARD} --set 'detector.threshold=250 cm'", status=2),
        step(f"expect {CARD} --set 'exposure.duration=1 s'"),
        step(f"fit {CARD} cases/m8.toml", status=2),
        step(f"fit {CARD} nowhere.root", status=2),
        step(f"fit {CARD} cases/numu-947.csv", status=2),
        step("inspect cases/m8.csv", status=2),
        step("rerun cases/m8.csv", status=2),
        step(f"simulate {CARD} --events 10 --seed 1 -o events.txt", status=2),
        step(f"simulate {CARD} --events 10 --seed 1 -o events.root"),
        step(f"simulate {CARD} --events 10 --seed 1 -o events.root", status=2),
        step(f"simulate {CARD} --events 10 --seed 1 -o other.root --set model.gamma=0.1"),
        step("merge merged.root events.root other.root", status=2),
        step(f"limit {CARD} --poi nothing", status=2),
        step(f"contour {CARD} --x gamma=1 --y phi=0:1:2", status=2),
        step("counts -1 --background 2", status=2),
        step("figure 9 -o figures", status=2),
        step(f"expect {TWO}", status=2),
        step("nothing", status=2),
        step("fit", status=2),
    ]
