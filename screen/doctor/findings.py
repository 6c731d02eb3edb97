"""Looks at this machine and at what is installed on it."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from tscreen.schemas.version import VERSION
from tscreen.screen.engine.local import cores
from tscreen.screen.errors import UsageError

State = Literal["good", "absent", "bad"]

PACKAGES = ("torch", "e3nn", "ray", "xtb", "tblite", "sella", "ase", "rdkit", "polars", "pyarrow")
OPTIONAL = ("pyscf", "cclib", "matplotlib")
PROGRAMS = {"orca": "ORCA", "g16": "Gaussian 16", "psi4": "Psi4", "xtb": "xtb", "crest": "CREST"}
"""Programs of quantum chemistry that results can be handed to, by the name of their command."""
GIB = 2**30

SHIFT = "[H:1][C:2]#[N:3]>>[C-:2]#[N+:3][H:1]"
"""HCN to HNC takes a second or two."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it is.
        state: `good`, `absent` where it may be, or `bad`: then a run will not work.
        found: what was found, or what to do.
    """

    what: str
    state: State
    found: str


def findings() -> Iterator[Finding]:
    """All that was found, one after another, the dearest last."""
    yield Finding("tscreen", "good", f"{VERSION} on Python {platform.python_version()}")
    yield Finding("cores", "good", str(cores()))
    yield _memory()
    yield from (_package(name, optional=False) for name in PACKAGES)
    yield from (_package(name, optional=True) for name in OPTIONAL)
    yield from (_program(command, name) for command, name in PROGRAMS.items())
    yield _gpu()
    yield _looked("weights", _weights)
    yield _looked("one reaction", _one_reaction)


def _memory() -> Finding:
    if not hasattr(os, "sysconf"):  # Windows
        return Finding("memory", "absent", "unknown")
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return Finding("memory", "good", f"{total:.0f} GiB")


def _package(name: str, *, optional: bool) -> Finding:
    try:
        return Finding(name, "good", version(name))
    except PackageNotFoundError:
        state: State = "absent" if optional or name in ("xtb", "tblite") else "bad"
        return Finding(name, state, f"not installed: pip install {name}")


def _program(command: str, name: str) -> Finding:
    path = shutil.which(command)
    return Finding(name, "good" if path else "absent", path or f"no command {command}")


def _gpu() -> Finding:
    from tscreen.model.inference.memory import gpus

    found = [f"{name}, {memory / GIB:.0f} GiB" for name, memory in gpus()]
    if not found:
        return Finding("GPU", "absent", "none that torch can use; samples are made on the CPU")
    return Finding("GPU", "good", "; ".join(found))


def _looked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "good", look())
    except (UsageError, ImportError, OSError, RuntimeError, ValueError) as error:
        return Finding(what, "bad", f"{type(error).__name__}: {error}")


def _weights() -> str:
    from tscreen.model.correction.card import read_correction_card
    from tscreen.model.inference.loading import load_model
    from tscreen.model.proposals.loading import load_proposals

    model, proposals = load_model(), load_proposals()  # both check the hash of their file
    correction = read_correction_card(None)
    return (
        f"{model.card.version}, correction {correction.version if correction else 'none'}, "
        f"proposals {proposals[1].version if proposals else 'none'}"
    )


def _one_reaction() -> str:
    """HCN to HNC, all the way to its verified transition state.

    Raises:
        RuntimeError: it did not get there.
    """
    from tscreen.screen.library.predicting import predict

    start = time.monotonic()
    found = predict([SHIFT])
    if len(found.rejects):
        raise RuntimeError(found.rejects["message"][0])
    row = found.results.row(0, named=True)
    if not row["verified"]:
        raise RuntimeError(f"status {row['status']}: {row['error_message']}")
    barrier, seconds = row["barrier_ml_kcal_mol"], time.monotonic() - start
    return f"HCN to HNC: {barrier:.1f} kcal/mol, verified, in {seconds:.0f} s"
