"""What differs between two runs of the same code: left out of the record, each with the reason."""

import re

__all__ = ["LEFT_OUT", "VOLATILE", "stable", "stable_text"]

LEFT_OUT = "(left out)"
"""Stands in the record in the place of a volatile value, so that its key is compared."""

VOLATILE = {
    "bytes": "compressed size; provenance with a date and an identifier is part of it",
    "commit": "commit of the code",
    "cpu": "processor",
    "cpu features": "processor",
    "created": "date",
    "digest": "checksum of the provenance, which has a date and an identifier",
    "events_per_second": "run time",
    "git": "commit of the code",
    "modified": "state of the working tree",
    "platform": "operating system",
    "python": "version of Python",
    "seconds": "run time",
    "toys_per_second": "run time",
    "true_events": "identifier of a file",
    "uuid": "identifier of a file",
    "versions": "versions of nugauge and of the libraries",
}
"""Keys of JSON and provenance, and branches: their values are left out."""

_TEXTS = (
    (re.compile(r"(?<=commit )[0-9a-f]{40}|(?<=class=\"w\">)[0-9a-f]{40}(?=<)"), "(commit)"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "(identifier)"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?( UTC)?"), "(date)"),
    (
        re.compile(r"[0-9.e+-]+ ?(events|toys|fits|values|figures|points)( ?/ ?s\b| per second)"),
        r"(rate) \1/s",
    ),
    (re.compile(r"[0-9.e+-]+ (µs|ms|s|min|h)(?= (for|to simulate|of computing))"), "(run time)"),
    (re.compile(r"^bytes: \d+$", re.MULTILINE), "bytes: (left out)"),
    (re.compile(r"^.*, ends at \d\d:\d\d.*$\n?", re.MULTILINE), ""),
)
"""Parts of texts: identifiers, dates, rates, run times, and lines of progress, which depend on the time."""


def stable_text(text, directories):
    """Leave out of a text what differs from run to run.

    Parameters
    ----------
    text : str
    directories : dict of str to str
        Paths, each with the word that stands for it.

    Returns
    -------
    str
    """
    for path, word in directories.items():
        text = text.replace(path, word)
    for pattern, word in _TEXTS:
        text = pattern.sub(word, text)
    return text


def stable(value, directories):
    """Leave out of a document what differs from run to run, at any depth.

    Parameters
    ----------
    value : object
        As JSON is read.
    directories : dict of str to str
        As for `stable_text`.

    Returns
    -------
    object
    """
    if isinstance(value, dict):
        left_out = VOLATILE | ({"sha256": "of a file with a date"} if _is_event_file(value) else {})
        return {
            stable_text(k, directories): LEFT_OUT if k in left_out else stable(v, directories)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [stable(v, directories) for v in value]
    return stable_text(value, directories) if isinstance(value, str) else value


def _is_event_file(document):
    """Tell whether a document describes weighted data or a ROOT file, which has a date and an identifier."""
    return "object" in document or any(isinstance(v, str) and v.endswith(".root") for v in document.values())
