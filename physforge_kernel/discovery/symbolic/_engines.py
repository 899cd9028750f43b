"""The engines that propose formulas, by name: each gives the formulas on its Pareto front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...errors import DiscoveryError
from . import _operon, _pysr
from ._sample import Sample

if TYPE_CHECKING:
    import sympy


class Front(Protocol):
    """Formulas for a sample, in its symbols, after so many seconds."""

    def __call__(
        self, sample: Sample, operators: frozenset[str], *, seconds: float, seed: int
    ) -> list[sympy.Expr]: ...


@dataclass(frozen=True)
class Engine:
    """`front` runs it; `missing()` says why it cannot be run here, or None."""

    name: str
    front: Front
    missing: Callable[[], str | None]


ENGINES = {
    "pysr": Engine("pysr", _pysr.front, _pysr.missing),
    "operon": Engine("operon", _operon.front, _operon.missing),
}


def choose(name: str) -> tuple[Engine | None, str | None]:
    """The engine for a name, and a note where "auto" found none.

    Raises:
        DiscoveryError: there is no such engine, or the one asked for cannot be run here.
    """
    if name == "auto":
        usable = [engine for engine in ENGINES.values() if engine.missing() is None]
        if usable:
            return usable[0], None
        reason = _operon.missing()
        return None, f"No engine searched beyond our own formulas. {reason}."
    if name not in ENGINES:
        raise DiscoveryError(
            f"There is no engine called {name!r}. Choose from: auto, {', '.join(sorted(ENGINES))}."
        )
    reason = ENGINES[name].missing()
    if reason is not None:
        raise DiscoveryError(f"{reason}, or choose engine='auto'.")
    return ENGINES[name], None
