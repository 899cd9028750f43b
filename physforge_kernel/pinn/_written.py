"""Approximations and problems as plain values, from which they are made again without running any code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sympy

from ..equations import NUMBERED_AXES, Equation, read_pairs
from ..errors import SolverError
from ._approximation import Approximation, Embedding, Known
from ._domain import Domain
from ._measured import Measured
from ._problem import Problem
from ._symbols import ExpressionJet
from ._unknown import Unknown
from .networks import network_from_dict, network_to_dict


def approximation_to_dict(approximation: Approximation) -> dict[str, Any]:
    """An approximation without its weights.

    Raises:
        SolverError: if its network is none of PhysForge's.
    """
    embedding = approximation.embedding
    return {
        "box": approximation.box.plain(),
        "outputs": approximation.outputs,
        "network": network_to_dict(approximation.network),
        "periodic": list(embedding.periodic),
        "waves": {axis: list(waves) for axis, waves in embedding.waves.items()},
        "lift": _expressions(approximation.lift),
        "distance": _expressions(approximation.distance),
        "unknowns": [asdict(each) for each in approximation.unknowns],
    }


def approximation_from_dict(given: Mapping[str, Any]) -> Approximation:
    """An approximation as it was written."""
    box = Domain.of(given["box"])
    return Approximation(
        box,
        given["outputs"],
        network_from_dict(given["network"]),
        Embedding(box, tuple(given["periodic"]), {a: tuple(waves) for a, waves in given["waves"].items()}),
        _known(given["lift"], box),
        _known(given["distance"], box),
        tuple(Unknown(**each) for each in given["unknowns"]),
    )


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """A problem without its measurements; of conditions that are functions only the left sides."""
    return {
        "equation": str(problem.equation),
        "domain": problem.box.plain(),
        "conditions": [
            {"text": each.text, "is_function": each.values is not None} for each in problem.conditions
        ],
        "parameters": {each.name: [each.low, each.high] for each in problem.unknowns},
        "units": dict(problem.units.given),
    }


def problem_from_dict(given: Mapping[str, Any], data: Sequence[Measured]) -> Problem:
    """A problem as it was written."""
    return Problem(
        Equation(given["equation"], parameters=tuple(given["parameters"])),
        given["domain"],
        [_condition(each) for each in given["conditions"]],
        data=tuple(data) or None,
        parameters={name: tuple(bounds) for name, bounds in given["parameters"].items()},
        units=given.get("units"),
    )


def _condition(given: Mapping[str, Any]) -> object:
    if not given["is_function"]:
        return given["text"]
    left = given["text"].rpartition(" = ")[0]

    def function(*coordinates: object) -> object:
        raise SolverError(
            f"The condition {given['text']!r} was a function, which is not kept with a solution; pose the "
            "problem anew to train on."
        )

    return left, function


def _expressions(known: Known | None) -> list[str] | None:
    if known is None:
        return None
    assert isinstance(known, ExpressionJet)
    return [_text(expression) for expression in known.expressions]


def _text(expression: sympy.Expr) -> str:
    """A text that is read as exactly this: binary fractions are written as such."""
    exact = {number: sympy.Rational(number) for number in expression.atoms(sympy.Float)}
    return str(expression.xreplace(exact))


def _known(given: Sequence[str] | None, box: Domain) -> ExpressionJet | None:
    if given is None:
        return None
    numbered = [axis for axis in box.axes if axis in NUMBERED_AXES]
    pairs = [read_pairs(text, numbered)[0] for text in given]
    return ExpressionJet([left - right for left, right in pairs], box.axes)
