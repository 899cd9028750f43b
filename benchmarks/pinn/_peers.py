"""What DeepXDE makes of a problem of the zoo, in a process of its own, on one core."""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from physforge_kernel.pinn import zoo

Row = dict[str, Any]

#: Steps of Adam between two looks at the error; L-BFGS is looked at where DeepXDE stops, each 1000 steps.
EVERY = 1000
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        problem: a name of the zoo.
        seed: of the weights, the points and the measurements.
        precision: `float32`, which DeepXDE's scripts leave as it is, or `float64`.
        adam: steps of Adam; the script's own where None.
        lbfgs: the most steps of L-BFGS; the script's own where None.
    """

    problem: str
    seed: int = 0
    precision: str = "float32"
    adam: int | None = None
    lbfgs: int | None = None


def installed() -> bool:
    """Whether DeepXDE is there."""
    return importlib.util.find_spec("deepxde") is not None


def compare(run: Run) -> Row:
    """DeepXDE's seconds, CPU seconds and relative L2 errors on the zoo's grid, at the end and on the way.

    Neither imports nor looks at the error count as its time.

    Returns:
        `error` by component, `found` for constants, and `curve`: rows of steps, seconds, CPU seconds and the
        largest error of any component.

    Raises:
        RuntimeError: if the process ends without a result; its own error is above.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, run))
    with _one_thread():  # libraries read it as they are loaded
        process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise RuntimeError(f"DeepXDE ended without a result for {run}; its error is above.") from None
    finally:
        process.join()


@contextlib.contextmanager
def _one_thread() -> Any:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(results: Connection, run: Run) -> None:
    os.environ["DDE_BACKEND"] = "pytorch"
    with contextlib.redirect_stdout(None):
        results.send(_train(run))


def _train(run: Run) -> Row:
    import torch

    torch.set_num_threads(1)
    from ._scripts import SCRIPTS, dde

    dde.config.set_default_float(run.precision)
    dde.config.set_random_seed(run.seed)
    watch = _watch(dde, run)
    watch.resume()
    setup = SCRIPTS[run.problem](run.seed)
    watch.setup = setup
    inputs = setup.data.train_x.shape[1]
    if setup.features is not None:
        inputs = setup.features(torch.zeros(1, inputs)).shape[1]
    net = dde.nn.FNN([inputs, *setup.layers, setup.outputs], setup.activation, setup.initializer)
    if setup.features is not None:
        net.apply_feature_transform(setup.features)
    if setup.transform is not None:
        net.apply_output_transform(setup.transform)
    model = dde.Model(setup.data, net)
    unknown = list(setup.unknown.values()) or None
    options = {"display_every": 10**9, "callbacks": [watch]}
    adam = setup.adam if run.adam is None else run.adam
    model.compile("adam", lr=1e-3, external_trainable_variables=unknown, verbose=0)
    model.train(iterations=adam, verbose=0, **options)
    if setup.lbfgs is not None and run.lbfgs != 0:
        most = {} if run.lbfgs is None else {"maxiter": run.lbfgs}
        dde.optimizers.set_LBFGS_options(**{**setup.lbfgs, **most})
        chosen = dde.optimizers.config.LBFGS_options
        chosen["iter_per_step"] = min(1000, chosen["maxiter"])
        model.compile("L-BFGS", external_trainable_variables=unknown, verbose=0)
        model.train(verbose=0, **options)
    watch.pause()
    return {
        "peer": f"DeepXDE {dde.__version__}",
        "torch": torch.__version__,
        "problem": run.problem,
        "seed": run.seed,
        "precision": run.precision,
        "steps": int(model.train_state.iteration),
        "seconds": round(watch.seconds, 2),
        "cpu_seconds": round(watch.cpu, 2),
        "error": watch.errors(model),
        "found": {name: float(value.detach()) for name, value in setup.unknown.items()},
        "curve": watch.curve,
    }


def _watch(dde: Any, run: Run) -> Any:
    """A clock that stands still while the error is looked at."""
    entry = zoo.get(run.problem)
    reference = entry.reference().transpose(*entry.domain)
    grids = np.meshgrid(*(reference[axis].values for axis in entry.domain), indexing="ij")
    points = np.stack([grid.ravel() for grid in grids], axis=1)
    truth = {str(name): values.values.ravel() for name, values in reference.items()}

    class Watch(dde.callbacks.Callback):
        setup: Any
        seconds = cpu = 0.0
        seen = 0

        def __init__(self) -> None:
            super().__init__()
            self.curve: list[list[float]] = []

        def resume(self) -> None:
            self._at = time.perf_counter(), time.process_time()

        def pause(self) -> None:
            self.seconds += time.perf_counter() - self._at[0]
            self.cpu += time.process_time() - self._at[1]

        def errors(self, model: Any) -> Mapping[str, float]:
            found = self.setup.fields(model.predict(points).astype(float))
            return {
                name: float(f"{np.linalg.norm(found[name] - values) / np.linalg.norm(values):.4g}")
                for name, values in truth.items()
            }

        def on_epoch_end(self) -> None:
            steps = int(self.model.train_state.iteration)
            if steps - self.seen < EVERY:
                return
            self.pause()
            self.seen = steps
            error = max(self.errors(self.model).values())
            self.curve.append([steps, round(self.seconds, 2), round(self.cpu, 2), error])
            self.resume()

    return Watch()
