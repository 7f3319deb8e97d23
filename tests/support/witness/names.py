"""Public names of the packages: signatures of functions, fields and methods of classes, texts of `--help`."""

import dataclasses
import enum
import importlib
import importlib.util
import inspect
import pkgutil
import re

from support.witness.running import call

__all__ = ["describe_help", "describe_modules", "describe_names", "describe_packages", "help_options"]

PACKAGES = ("simgen", "detsim", "analysis", "macros", "nugauge")
ABSENT = "named by __all__, and not there"

_MODULE = re.compile(
    r"\b(?:simgen|detsim|analysis|macros|nugauge|numpy|pathlib|typing|collections\.abc)\.(?:\w+\.)*(?=\w)"
)
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def describe_help():
    """Return the text of `--help` of the program and of each command, as lines."""
    texts, waiting = {}, [()]
    while waiting:
        words = waiting.pop(0)
        lines = call(*words, "--help").stdout.split("\n")
        texts[" ".join(("nugauge", *words))] = lines
        start = next((i for i, line in enumerate(lines) if line.startswith("Commands")), len(lines))
        waiting += [(*words, line.split()[0]) for line in lines[start + 1 :] if re.match(r"  \w", line)]
    return texts


def help_options(texts):
    """Return the options that each text of `describe_help` defines; in sentences they may be broken."""
    heads = {
        command: [line.strip().partition("  ")[0] for line in lines if line.startswith("  -")]
        for command, lines in texts.items()
    }
    return {command: sorted(set(_OPTION.findall("\n".join(found)))) for command, found in heads.items()}


def describe_packages(*, annotations=True):
    """Return what each package itself exports, by package and name."""
    return {
        name: {
            n: describe(getattr(package, n, ABSENT), annotations=annotations) for n in sorted(package.__all__)
        }
        for name, package in _packages().items()
    }


def describe_modules():
    """Return the public names of each module that is not private."""
    return {m.__name__: sorted(m.__all__) for m in _modules() if hasattr(m, "__all__")}


def describe_names():
    """Return all public names of a package, wherever in it they are, with all that have this name."""
    names = {}
    for module in _modules():
        package = names.setdefault(module.__name__.partition(".")[0], {})
        for name in getattr(module, "__all__", ()):
            described = describe(getattr(module, name, ABSENT))
            others = package.setdefault(name, [])
            if described not in others:
                others.append(described)
    return {p: {n: sorted(d, key=str) for n, d in sorted(names[p].items())} for p in names}


def _packages():
    return {p: importlib.import_module(p) for p in PACKAGES if importlib.util.find_spec(p) is not None}


def _modules():
    """Import all modules without a private part in their name."""
    modules = []
    for name, package in _packages().items():
        modules.append(package)
        names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{name}.")]
        public = [n for n in names if not any(part.startswith("_") for part in n.split("."))]
        modules.extend(importlib.import_module(n) for n in public)
    return modules


def describe(value, *, annotations=True):
    """Describe an object by its possible uses.

    Parameters
    ----------
    value : object
    annotations : bool
        Whether types of parameters and fields are told; they read otherwise with other versions of libraries.

    Returns
    -------
    str or dict
        Signature of a function; of a class its fields, methods and properties; else the type, and the value
        of a number or text.
    """
    if inspect.isclass(value):
        return _describe_class(value, annotations)
    if inspect.ismodule(value):
        return "module"
    if callable(value):
        return _signature(value, annotations)
    if isinstance(value, int | float | str | bool | tuple | frozenset):
        text = _plain(repr(sorted(value, key=str) if isinstance(value, frozenset) else value))
        return f"{type(value).__name__}: {text}"
    return type(value).__name__


def _describe_class(value, annotations):
    if issubclass(value, enum.Enum):
        return {"members": {m.name: str(m.value) for m in value}}
    about = {"class": _signature(value, annotations)}
    about["bases"] = [b.__name__ for b in value.__mro__[1:-1] if _is_own(b)]
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        about["fields"] = {f.name: _plain(str(f.type)) if annotations else "" for f in fields}
    members = {}
    for name in sorted(dir(value)):
        member = inspect.getattr_static(value, name)
        if name.startswith("_") or not any(name in vars(b) for b in value.__mro__ if _is_own(b)):
            continue
        if inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
            members[name] = _signature(getattr(value, name), annotations)
        else:
            members[name] = type(member).__name__ if annotations else "value"
    return about | {"members": members}


def _is_own(value):
    return value.__module__.partition(".")[0] in PACKAGES


def _signature(value, annotations):
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "callable"
    if not annotations:
        plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
        signature = signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)
    return _plain(str(signature))


def _plain(text):
    """Leave modules and addresses in memory out of a signature."""
    return _ADDRESS.sub("", _MODULE.sub("", text.replace("'", '"')))
