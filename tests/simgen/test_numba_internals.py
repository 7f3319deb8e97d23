"""The private parts of numba that are used, in the installed numba; and the environment."""

import os
import subprocess
import sys

import numba
import pytest
from support.examples import every, few
from support.kernel_processes import EXPECTED, PAIR, ROOT, number, run

from simgen._kernels.machine import internals
from simgen._kernels.machine.environment import check_environment
from simgen._kernels.philox import fill_pairs, normal_pair

CPU = """
import numba.core
from detsim.event_files.environment import origin
cpu = origin()["cpu"]
print(cpu["name"], *cpu["features"])
"""


def test_the_installed_numba_has_what_is_used():
    """Contract. Finds a numba in which a private part is gone: the fallback works, but slowly."""
    for path in (
        "numba.core.compiler.Compiler",
        "numba.core.compiler.Flags.options",
        "numba.core.codegen.JITCodeLibrary._finalize_final_module",
        "numba.core.codegen.JITCodeLibrary._optimize_final_module",
        "numba.core.compiler.CompileResult._rebuild",
        "numba.core.compiler.CompileResult._reduce",
        "numba.core.compiler_lock.global_compiler_lock",
        "numba.core.dispatcher._DispatcherBase._compilation_chain_init_hook",
        "numba.core.dispatcher._DispatcherBase.typeof_pyval",
        "numba.core.registry.cpu_target",
        "numba.core.runtime.nrt.rtsys.initialize",
        "numba.core.serialize.dumps",
        "numba.core.typing.templates.AbstractTemplate",
        "numba.core.typing.templates.infer_global",
        "numba.core.typing.templates.signature",
        "numba.misc.appdirs.AppDirs",
    ):
        head, _, name = path.rpartition(".")
        assert internals.find(path) is not None or hasattr(internals.find(head), name), path
    assert internals.INNER is not None
    assert internals.PART is not None
    assert internals.QUICK is not None
    assert "_customize_flags" in vars(fill_pairs._compiler)
    assert hasattr(fill_pairs, "_cache")
    assert "Locked" in {cls.__name__ for cls in internals.CLASSES.values()}
    assert numba.extending.is_jitted(fill_pairs)
    settings = internals.read_settings()
    assert "None" not in {settings["OPT"], settings["LOOP_VECTORIZE"]}


WITHOUT = """
import simgen._kernels.machine.internals as internals
internals.find = lambda path: None
internals.INNER = internals.PART = internals.QUICK = None
"""


def test_settings_of_a_compiler_are_equal_where_those_of_numba_are():
    """Contract. Finds code of one setting that is used with another."""
    plain, other = numba.core.compiler.Flags(), numba.core.compiler.Flags()
    plain.nrt = other.nrt = True
    other.error_model = "numpy"
    quick, quick_other = internals.QUICK(plain), internals.QUICK(other)
    assert quick == internals.QUICK(plain) == plain
    assert quick != quick_other
    assert quick != other
    assert hash(quick) == hash(plain)
    assert quick.copy() == quick
    assert type(quick.copy()) is internals.QUICK


def test_a_kernel_has_to_be_compiled_until_any_process_has_done_it(tmp_path):
    """Contract. Finds a first run that is taken for a later one, or the reverse."""
    code = (
        "from simgen._kernels.machine.jit import has_to_be_compiled\nprint(has_to_be_compiled(fill_pairs))\n"
    )
    ask = "from simgen._kernels.philox import fill_pairs\n" + code
    assert run(ask + PAIR + code, NUMBA_CACHE_DIR=tmp_path).stdout.split()[::2] == ["True", "False"]
    assert run(ask, NUMBA_CACHE_DIR=tmp_path).stdout.split() == ["False"]


def test_a_function_that_only_kernels_call_has_no_machine_code():
    """Contract. Finds a numba that makes machine code of inner functions, although nobody uses it."""
    signature = (numba.float64, numba.float64)
    normal_pair.compile(signature)
    made = normal_pair.overloads[signature]
    engine = made.library._codegen._engine
    assert made.entry_point is not None
    assert not engine.is_symbol_defined(made.fndesc.llvm_func_name)


@pytest.mark.long
def test_another_numba_gives_the_same_number(tmp_path):
    """Contract. Finds a fallback that fails: all private parts are hidden."""
    done = run(WITHOUT + PAIR, NUMBA_CACHE_DIR=tmp_path)
    assert number(done) == pytest.approx(EXPECTED, rel=1e-15)
    assert done.stderr.count("\n") == 1
    assert "cannot be kept" in done.stderr


FIT = """
import numpy as np
from analysis import make_fitter
from analysis.batch.engine import Problem
from support.experiments import borexino
from simgen import E6
layout = make_fitter(borexino(), E6(beta="chi")).polynomial
counts = np.random.default_rng(1).poisson(layout.powers[0, 0, 0], (40, layout.bins.shape[1]))
problem = Problem(layout=layout, counts=counts, auxiliary=np.zeros((40, 0)))
parameters, values, failed = problem.minima(np.zeros(40), -1.0, 1.0)
assert not failed.any()
print(*(x.hex() for x in (*parameters[:, 0], *values, *problem.errors(parameters)[:, 0])))
"""


@pytest.mark.long  # compiles all functions of the fits
def test_fits_have_the_same_bits_without_private_parts(tmp_path):
    """Contract. Finds a fit that the functions of the fallback, optimised by themselves, round otherwise."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    kept = {k: v for k, v in os.environ.items() if k == "NUMBA_CACHE_DIR"}
    with_parts = run(FIT, PYTHONPATH=path, **kept).stdout.split()
    without = run(WITHOUT + FIT, NUMBA_CACHE_DIR=tmp_path, PYTHONPATH=path).stdout.split()
    assert len(with_parts) == 120
    assert with_parts == without


@pytest.mark.parametrize(
    ("variables", "name", "features"),
    every(
        3,
        [
            ({"NUMBA_CPU_NAME": "generic"}, "generic", set()),
            ({"NUMBA_CPU_FEATURES": "+avx,-avx2"}, None, {"avx"}),
            ({"NUMBA_ENABLE_AVX": "0"}, None, None),
        ],
        unpack=True,
    ),
)
def test_the_provenance_names_the_processor_that_numba_compiled_for(variables, name, features):
    """Contract. Finds this machine's processor written down where machine code was made for another."""
    import llvmlite.binding

    words = run(CPU, **variables).stdout.split()
    assert words[0] == (name or llvmlite.binding.get_host_cpu_name())
    if features is None:
        host = llvmlite.binding.get_host_cpu_features().items()
        features = {f for f, present in host if present and not f.startswith("avx")}
    assert set(words[1:]) == features


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("NUMBA_DISABLE_JIT", "1", "run only compiled"),
        ("NUMBA_NUM_THREADS", "abc", "a whole number from 1"),
        ("NUMBA_NUM_THREADS", "0", "a whole number from 1"),
        ("NUMBA_NUM_THREADS", "-3", "a whole number from 1"),
        ("NUMBA_NUM_THREADS", "", "a whole number from 1"),
        ("NUMBA_CPU_FEATURES", "nonsense", "+ or - before"),
        ("NUMBA_CPU_FEATURES", "+avx, avx2", "+ or - before"),
    ],
)
def test_an_impossible_environment_is_refused(variable, value, says):
    """Contract. Finds a variable with which numba stops with a trace, or LLVM aborts the process."""
    with pytest.raises(ValueError, match=variable) as found:
        check_environment({variable: value})
    assert says in str(found.value)


def test_an_environment_that_numba_takes_is_not_refused():
    """Contract. Finds a legal value that is refused."""
    for value in ("1", " 2 ", "007", "64"):
        check_environment({"NUMBA_NUM_THREADS": value})
    for value in ("", "+avx", "+sse4.2,-avx512f"):
        check_environment({"NUMBA_CPU_FEATURES": value})
    for value in ("0", "", "no"):
        check_environment({"NUMBA_DISABLE_JIT": value})


@pytest.mark.long
@pytest.mark.parametrize("n_settings", few([2, 4], 2))
def test_other_settings_of_numba_give_the_same_number(tmp_path, n_settings):
    """Contract. Finds a setting that stops a calculation, or machine code used with another setting."""
    settings = [{}, {"NUMBA_CPU_NAME": "generic"}, {"NUMBA_OPT": "0"}, {"NUMBA_BOUNDSCHECK": "1"}]
    for n, variables in enumerate(settings[:n_settings]):
        done = run(PAIR, options=["-W", "error"], NUMBA_CACHE_DIR=tmp_path, **variables)
        assert number(done) == pytest.approx(EXPECTED, rel=1e-15)
        assert done.stderr == ""
        assert len(list((tmp_path / "nugauge").iterdir())) == n + 1


@pytest.mark.long
def test_a_command_says_what_is_wrong_with_the_environment():
    """Contract. Finds a trace, or a message without the variable, of an impossible environment."""
    done = subprocess.run(
        [sys.executable, "-m", "macros.cli", "expect", "borexino-cr51-paper"],
        capture_output=True, text=True, cwd=ROOT, env={"NUMBA_DISABLE_JIT": "1"}, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: NUMBA_DISABLE_JIT is set")
