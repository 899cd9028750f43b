"""One discovery, held against the truth."""

from __future__ import annotations

import functools
import hashlib
import time
from pathlib import Path
from typing import Any

from _cases import Case

import physforge_kernel as pf


def measure(case: Case, level: float, seed: int) -> dict[str, Any]:
    """A run's row: whether the law is right, the verdict, errors, intervals and seconds of the processor.

    Of a right law: `errors`, relative, `inside`, whether the 95 % interval holds the truth, and `sds`,
    relative standard errors, each in the order of the equation's terms. Of a wrong one: `found`, its text.
    """
    field = case.field(level, seed)
    row: dict[str, Any] = {
        "source": case.source,
        "law": case.name,
        "noise": level,
        "seed": seed,
        "code": code(),
    }
    started = time.process_time()
    try:
        found = pf.discover(field)
    except pf.PhysForgeError as error:
        refusal = {"right": False, "verdict": "refused", "found": str(error)}
        return row | {"seconds": round(time.process_time() - started, 3)} | refusal
    except Exception as error:  # a crash is a result, and the other runs are still wanted
        crash = {"right": False, "verdict": "crashed", "found": repr(error)}
        return row | {"seconds": round(time.process_time() - started, 3)} | crash
    row["seconds"] = round(time.process_time() - started, 3)
    right = case.equation is not None and found.best.equation.same_terms(case.equation)
    row |= {"right": right, "verdict": found.verdict.kind}
    if case.equation is None or not right:
        return row | {"found": found.best.equation.text}
    intervals, sds = found.best.intervals(0.95), found.best.standard_errors
    errors, inside, relative = [], [], []
    for left, terms in case.equation.terms.items():
        for term, value in terms.items():
            true = complex(value)
            low, high = (complex(end) for end in intervals[left][term])
            errors.append(abs((low + high) / 2 / true - 1))
            inside.append(low.real <= true.real <= high.real and low.imag <= true.imag <= high.imag)
            relative.append(abs(complex(sds[left][term])) / abs(true))
    return row | {"errors": _short(errors), "inside": inside, "sds": _short(relative)}


def _short(values: list[float]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


@functools.cache
def code() -> str:
    """What tells one state of discovery from another: a hash of the rooms that it runs in."""
    rooms = Path(pf.__file__).parent
    digest = hashlib.sha256()
    for room in ("derivatives", "discovery"):
        for path in sorted((rooms / room).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
