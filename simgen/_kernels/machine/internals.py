"""Internals of numba that are used beyond its public functions.

Nothing here is promised by numba. Where a name is gone or behaves differently, functions are compiled without
it: more slowly, or anew in each process, but with the same results.
"""

import pickle
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

import llvmlite.binding
import numba

__all__ = [
    "CLASSES",
    "INNER",
    "PART",
    "QUICK",
    "Store",
    "cpu",
    "find",
    "load",
    "n_threads",
    "named_cache",
    "read_settings",
    "save",
    "type_operator",
    "user_cache",
    "with_locked_types",
    "with_quick_flags",
    "with_store",
]

_SETTINGS = ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "ENABLE_PROFILING")
"""Other settings of numba that change machine code."""

CLASSES: dict[Any, Any] = {}


def find(path: str) -> Any:
    """Return an object of numba by its path, None if there is none of this name."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


_LOCK: Any = find("numba.core.compiler_lock.global_compiler_lock") or threading.RLock()


class Store(Protocol):
    """Where numba's dispatcher looks for compiled functions and leaves them."""

    @property
    def cache_path(self) -> str:
        """Directory in which files are made."""

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return what was compiled for a signature, None if there is nothing."""

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep what was compiled for a signature."""


class _NoEnvironment:
    """Code generator of a library without machine code, which has no place for an environment's address."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def set_env(self, name: str, env: Any) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)


def _linked_only(library: Any) -> Any:
    """Derive a class of libraries that are linked into those of callers, and have no machine code."""

    def finalize(self: Any) -> None:
        self._finalized = True

    codegen = property(lambda self: _NoEnvironment(self._codegen))
    return type("LinkedOnly", (library,), {"codegen": codegen, "_finalize_final_module": finalize})


def _compiler(*, optimised: bool) -> Any:
    """Derive a compiler of functions that are called by compiled functions only."""
    compiler: Any = find("numba.core.compiler.Compiler")
    library: Any = find("numba.core.codegen.JITCodeLibrary")
    if compiler is None or not hasattr(library, "_finalize_final_module"):
        return None
    linked_only = _linked_only(library)

    def define_pipelines(self: Any) -> Any:
        state = self.state
        state.library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        if type(state.library) is library:
            state.library.__class__ = linked_only
        if not optimised:
            state.library._optimize_final_module = lambda: None
        return compiler.define_pipelines(self)

    return type("Part" if not optimised else "Inner", (compiler,), {"define_pipelines": define_pipelines})


INNER: Any = _compiler(optimised=True)
"""Compiler of what only compiled functions call: it makes no machine code of it alone. None if numba has no
class of compilers or of libraries."""
PART: Any = _compiler(optimised=False)
"""The same for what is optimised together with its callers only."""


def _quick_flags() -> Any:
    """Derive a class of a compiler's settings that are compared by what was set, not by all there are.

    Notes
    -----
    numba compares settings each time that it looks for the code of an operation, all fifty of them, which is
    a fifteenth of the time of compiling.
    """
    flags: Any = find("numba.core.compiler.Flags")
    if flags is None or not hasattr(flags, "options") or not hasattr(flags(), "_values"):
        return None
    digest = hash(tuple(sorted(flags.options)))  # that of numba, for which all settings have the same

    def equal(self: Any, other: Any) -> bool:
        return self._values == other._values if isinstance(other, flags) else NotImplemented

    methods = {"__slots__": (), "__eq__": equal, "__hash__": lambda self: digest}
    return type(flags)("QuickFlags", (flags,), methods)


QUICK: Any = _quick_flags()


def with_quick_flags(function: Any) -> Any:
    """Let numba compare the settings of a compiled function faster."""

    def quick(flags: Any) -> Any:
        return QUICK(flags)

    if QUICK is not None and hasattr(getattr(function, "_compiler", None), "_customize_flags"):
        function._compiler._customize_flags = quick
    return function


def type_operator(function: Any, result_type: Any) -> None:
    """Let an operator act on new types.

    Parameters
    ----------
    function : callable
        Of the module `operator`.
    result_type : callable
        Called with the types of the operands; it returns the type of the result, or None for other types.

    Notes
    -----
    numba asks all that it knows of an operator, in an order in which those that are for one processor come
    first: with `numba.extending.type_callable`, texts, sets, lists, dates and the functions of NumPy, each
    time that two vectors are added.
    """
    template: Any = find("numba.core.typing.templates.AbstractTemplate")
    register: Any = find("numba.core.typing.templates.infer_global")
    signature: Any = find("numba.core.typing.templates.signature")
    if template is None or register is None or signature is None:
        numba.extending.type_callable(function)(lambda context: result_type)
        return

    def generic(self: Any, args: Any, kws: Any) -> Any:
        result = result_type(*args)
        return None if result is None else signature(result, *args)

    members = {"key": function, "metadata": {"target": "cpu"}, "generic": generic}
    register(function)(type(f"Operator_{function.__name__}", (template,), members))


def _locked(dispatcher: Any) -> Any:
    """Derive a class of compiled functions that look up types of arguments while no other thread compiles.

    It leaves the loading of extensions, which numba does at a first call, to the compiler.
    """

    def typeof_pyval(self: Any, value: Any) -> Any:
        with _LOCK:
            return dispatcher.typeof_pyval(self, value)

    members = {"typeof_pyval": typeof_pyval, "_compilation_chain_init_hook": lambda self: None}
    if dispatcher not in CLASSES:
        CLASSES[dispatcher] = type("Locked", (dispatcher,), members)
    return CLASSES[dispatcher]


def with_locked_types(function: Any) -> Any:
    """Let a compiled function look up new types of its arguments while no other thread compiles.

    Notes
    -----
    When numba first compiles something, it loads its own types and extensions such as awkward's, which add to
    the table of types, and a thread that looks up a type in the meantime fails with "dictionary changed size
    during iteration". A type that was met before is not looked up again. The lock is the one that numba
    compiles with, which the caller may hold already.
    """
    if hasattr(function, "typeof_pyval"):
        with suppress(TypeError):
            function.__class__ = _locked(type(function))
    return function


def with_store(function: Any, store: Store) -> Any:
    """Let a compiled function use a store; where numba has no attribute for one, each process compiles."""
    if hasattr(function, "_cache"):
        function._cache = store
    return function


def save(compiled: Any) -> bytes | None:
    """Turn a compiled function into bytes; None if it holds addresses of this process."""
    if compiled.library.has_dynamic_globals or compiled.lifted:
        return None
    return bytes(find("numba.core.serialize.dumps")(compiled._reduce()))


def load(data: bytes, target: Any) -> Any:
    """Make a compiled function of its bytes.

    Notes
    -----
    numba would load all types and functions that it knows, as for compiling, which takes 0.1 s. Machine code
    needs the functions that allocate memory.
    """
    runtime = find("numba.core.runtime.nrt.rtsys")
    if hasattr(runtime, "initialize"):
        runtime.initialize(target)
    else:
        target.refresh()
    return find("numba.core.compiler.CompileResult")._rebuild(target, *pickle.loads(data))


def cpu() -> tuple[str, list[str]]:
    """Return the name and the features of the processor that numba compiles for.

    Notes
    -----
    It is this machine's, unless NUMBA_CPU_NAME, NUMBA_CPU_FEATURES or NUMBA_ENABLE_AVX say otherwise.
    """
    try:
        codegen = find("numba.core.registry.cpu_target").target_context.codegen()
        _, name, features = codegen.magic_tuple()
    except (AttributeError, ValueError):
        name = llvmlite.binding.get_host_cpu_name()
        features = llvmlite.binding.get_host_cpu_features().flatten()
    present = (feature[1:] for feature in features.split(",") if feature.startswith("+"))
    return str(name), sorted(present)


def n_threads() -> int:
    """Return on how many threads numba may work."""
    return int(numba.get_num_threads())


def read_settings() -> dict[str, str]:
    """Return the settings of numba that change machine code, without those of the processor."""
    return {name: repr(getattr(numba.config, name, None)) for name in _SETTINGS}


def named_cache() -> str:
    """Return the directory that NUMBA_CACHE_DIR names, an empty text if it is not set."""
    return str(getattr(numba.config, "CACHE_DIR", ""))


def user_cache() -> str:
    """Return the directory in which numba keeps compiled functions of a user, empty if it is not known."""
    directories = find("numba.misc.appdirs.AppDirs")
    return "" if directories is None else str(directories("numba", appauthor=False).user_cache_dir)
