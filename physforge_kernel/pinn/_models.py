"""Solutions on disk: one file of safetensors, with everything but the weights as JSON in its header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import PhysForgeError, SolverError
from ._approximation import Solved
from ._measured import Measured
from ._posterior import Posterior
from ._solution import Solution, Stretch
from ._tensor_file import packed, read, unpacked, write
from ._written import (
    approximation_from_dict,
    approximation_to_dict,
    problem_from_dict,
    problem_to_dict,
)

if TYPE_CHECKING:
    from ._problem import Problem

_FORMAT, _VERSION = "solution", 1


def save(solution: Solution, path: Path) -> Path:
    """Write a solution; what `Solution.save` does."""
    write(path, *_written(solution))
    return path


def to_bytes(solution: Solution) -> bytes:
    """The content of such a file."""
    return packed(*_written(solution))


def load(path: Path) -> Solution:
    """Read a solution; what `Solution.load` does."""
    return _read(*read(path, _FORMAT, _VERSION), name=str(path))


def from_bytes(content: bytes) -> Solution:
    """The solution in such a content."""
    name = "the solution"
    return _read(*unpacked(content, name, _FORMAT, _VERSION), name=name)


def _read(tensors: dict[str, Tensor], plain: dict[str, Any], name: str) -> Solution:
    try:
        return _made(tensors, plain)
    except KeyError as error:
        raise SolverError(f"{name} is damaged: it lacks {error}.") from None
    except (TypeError, ValueError, IndexError, RuntimeError, AttributeError) as error:
        raise SolverError(f"{name} is damaged: {error}.") from None
    except PhysForgeError as error:
        raise SolverError(f"{name} cannot be read: {error}") from None


def _made(tensors: dict[str, Tensor], plain: dict[str, Any]) -> Solution:
    data = [
        Measured(each["component"], tensors[f"data.{k}.points"], tensors[f"data.{k}.values"], each["noise"])
        for k, each in enumerate(plain["data"])
    ]
    stretches = [
        Stretch(
            each["start"],
            each["end"],
            _solved(each["approximation"], tensors[f"stretch.{k}"]),
        )
        for k, each in enumerate(plain["stretches"])
    ]
    unknowns = tuple(stretches[-1].solved.approximation.unknowns)
    return Solution(
        problem_from_dict(plain["problem"], data),
        stretches,
        seed=plain["seed"],
        residual=plain["residual"],
        condition=plain["condition"],
        seconds=plain["seconds"],
        history=xr.Dataset({name: ("look", tensors[f"history.{name}"].numpy()) for name in plain["history"]}),
        notes=plain["notes"],
        posterior=Posterior(
            unknowns, tensors["posterior.weights"].numpy(), tensors["posterior.covariance"].numpy()
        )
        if "posterior.weights" in tensors
        else None,
    )


def _solved(given: dict[str, Any], weights: Tensor) -> Solved:
    approximation = approximation_from_dict(given)
    count = approximation.layout.count
    if weights.shape != (count,):
        raise ValueError(f"its network has {count} weights, and the file {tuple(weights.shape)}")
    return Solved(approximation, weights)


def _written(solution: Solution) -> tuple[dict[str, Tensor], dict[str, Any]]:
    problem, posterior = solution.problem, solution.posterior
    tensors = {f"stretch.{k}": each.solved.weights for k, each in enumerate(solution.stretches)}
    tensors |= {f"history.{name}": _tensor(each.values) for name, each in solution.history.data_vars.items()}
    tensors |= _data(problem)
    if posterior is not None:
        tensors["posterior.weights"] = _tensor(posterior.weights)
        tensors["posterior.covariance"] = _tensor(posterior.covariance)
    return tensors, {
        "format": _FORMAT,
        "version": _VERSION,
        "problem": problem_to_dict(problem),
        "data": [{"component": each.component, "noise": each.noise} for each in problem.data],
        "stretches": [
            {
                "start": each.start,
                "end": each.end,
                "approximation": approximation_to_dict(each.solved.approximation),
            }
            for each in solution.stretches
        ],
        "history": [str(name) for name in solution.history.data_vars],
        "seed": solution.seed,
        "residual": solution.residual,
        "condition": solution.condition,
        "seconds": solution.seconds,
        "notes": list(solution.notes),
    }


def _data(problem: Problem) -> dict[str, Tensor]:
    found = {}
    for k, each in enumerate(problem.data):
        found |= {f"data.{k}.points": each.points, f"data.{k}.values": each.values}
    return found


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
