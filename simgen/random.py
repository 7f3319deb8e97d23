"""Random streams: every number is a function of (seed, stage, identity, index) and of nothing else.

Two generators are used, both counter-based and both keyed through `numpy.random.SeedSequence`:

* compiled kernels: Philox4x32-10 (Salmon et al., SC11), 64-bit key from ``spawn_key=(stage, *identity)``;
  the counter's four words are (index low, index high, draw, member): event `index` owns draws 0, 1, 2, ...
  and each draw gives four words, that is two uniforms of 52 bits. Some draws are shared by two or four
  events, to waste none of them; their index is that of a group;
* Python code: `numpy.random.Generator(Philox)` from the same seed sequence, for Poisson counts.

Members, by what the index counts:

======================================  ====================  ===============================================
of                                      draw                  member
======================================  ====================  ===============================================
events: of one event                    as the step needs     0
events: shared by two                   as the step needs     1
events: normals, shared by four         as the step needs     2
toys' counts, the same means in all     1                     pair of bins: an integer of 63 bits each
toys' counts, large or different means  0, 2, 3, ...          bin: by inversion or rejection
toys' normals                           0                     pair of columns: two normals of two uniforms
======================================  ====================  ===============================================

Events are processed in tiles of 256, event i at position j = i mod 256 of tile t = i // 256. Two uniforms
of one draw belong to the positions j and j + 128, 0 ≤ j < 128, and their index is 128 t + j. Four normals
of one draw belong to the positions j, j + 64, j + 128 and j + 192, 0 ≤ j < 64, and their index is 64 t + j:
the first two words give radius (40 bits) and angle (24 bits) of the normals at j and j + 128, the others of
those at j + 64 and j + 192.

Vertices are drawn by rejection: attempt n of an event owns draws 2n and 2n + 1. Of the four words of the
first, two give the baseline (40 bits) and the uniform that decides about survival (24 bits) of an
interaction, the others its polar and azimuthal angle (32 bits each); or x (40 bits), y and z (32 bits each)
of an event of a background. The second is drawn for extended sources only: of the upper 24 bits of each
word the largest of the first three gives the distance from the centre of the source, the fourth the polar
angle, and the lower 8 bits of the first three the azimuthal angle. The point from which a neutrino was
emitted is that of the attempt that gave its vertex. Times, errors of the distance and the electron's azimuth
take draw 0.

Pseudo-experiments that are drawn event by event have keys of their own, derived from the one key of
TOY_EVENTS: the first two words of the encrypted counter (toy low, toy high, stage, group) are the key of that
stage for that toy, whose events are then numbered from 0. The group is 0 where signal and backgrounds are
drawn together, else 1 for the signal and 2, 3, ... for the backgrounds. Their number is a Poisson number of
index 0 under the derived key of COUNT. Where recording depends on vertices, the keys of the stages are those
of identities that end in group and toy.

`stage` keeps the steps of a chain apart and `identity` the members of a study. The numbers below and the
layout of the counter are part of the meaning of a seed.
"""

import secrets
import struct
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stage", "float_bits", "fresh_seed", "generator", "kernel_key"]


class Stage(IntEnum):
    """Purpose of a stream."""

    COUNT = 1
    """Number of events of a run or of a stored experiment."""
    VERTEX = 2
    """Component, neutrino energy and recoil of an event."""
    DETECTOR = 3
    """Smearing and efficiency of an event."""
    TOY_COUNTS = 4
    """Counts of a histogram-level pseudo-experiment."""
    TOY_AUXILIARY = 5
    """Auxiliary measurements of a pseudo-experiment."""
    TOY_DISPLACEMENT = 6
    """Systematic displacement of the bins of a pseudo-experiment, in the paper's χ²."""
    VERTEX_POSITION = 7
    """Vertex of an event in the target."""
    TIME = 8
    """Time of an event in the exposure."""
    DISTANCE = 9
    """Smearing of the distance between source and event."""
    TEMPLATES = 10
    """Seed of the sample from which templates are made."""
    AUDIT = 11
    """Choice of the pseudo-experiments of a study that are fitted again."""
    TOY_EVENTS = 12
    """Keys of pseudo-experiments that are drawn event by event."""
    TOY_WEIGHTS = 13
    """Numbers of events of each weight of a histogram-level pseudo-experiment of weighted data."""
    AZIMUTH = 14
    """Azimuth of the electron about the direction of the neutrino."""


def fresh_seed() -> int:
    """Draw a seed from the system's entropy: 63 bits, so that it fits any file's integers."""
    return secrets.randbits(63)


def check_seed(seed: object) -> int:
    """Return the seed if it can be one.

    Raises
    ------
    ValueError
        If it is not an integer in 0 ≤ seed < 2⁶³.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be an integer from 0 to 2**63 - 1, got {seed!r}")
    return int(seed)


def float_bits(*values: float) -> tuple[int, ...]:
    """Split the bits of float64 values into 32-bit words, to make them part of a stream's identity.

    Examples
    --------
    >>> float_bits(1.0)
    (1072693248, 0)
    """
    return tuple(word for value in values for word in struct.unpack(">II", struct.pack(">d", value + 0.0)))


def _sequence(seed: int, stage: Stage, identity: tuple[int, ...]) -> np.random.SeedSequence:
    words = tuple(word for value in identity for word in (value & 0xFFFFFFFF, value >> 32))
    return np.random.SeedSequence(check_seed(seed), spawn_key=(int(stage), *words))


def kernel_key(seed: int, stage: Stage, *identity: int) -> NDArray[np.uint32]:
    """Derive the key of a compiled stream.

    Returns
    -------
    ndarray of uint32, shape (2,)
    """
    return np.asarray(_sequence(seed, stage, identity).generate_state(2, np.uint32), np.uint32)


def generator(seed: int, stage: Stage, *identity: int) -> np.random.Generator:
    """Make a NumPy generator for a stream."""
    return np.random.Generator(np.random.Philox(_sequence(seed, stage, identity)))
