"""A network of one's own, written with PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from math import factorial, prod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp, vmap

from ...errors import SolverError
from .._jet import Jet
from .._orders import Order, Orders
from .._tape import Layout, Tape
from ._base import Network

#: Points at which a module is tried.
_TRIED = 5
#: What PyTorch warns of itself, where it first differentiates forwards.
_LATE = ".*torch.jit.script.* is deprecated"
_Values = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class ModuleNetwork(Network):
    """A PyTorch module from inputs (N, F) to outputs (N, C), whose rows depend on one point each.

    Its derivatives are those of nested forward differentiation (`torch.func.jvp`), which works for what
    PyTorch can differentiate twice, and is slower than the other networks' by a factor that grows with their
    order. The inputs are coordinates between -1 and 1, and waves along periodic axes. The module is copied,
    and dropout and the like are switched off.

    Attributes:
        module: what is trained; its parameters are where training starts.

    Example:
        >>> inside = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
        >>> ModuleNetwork(module=inside).layout(inputs=2, outputs=1).count
        65
    """

    module: nn.Module

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.module, nn.Module):
            raise SolverError(
                f"The network is {self.module!r}; pass one of PhysForge's or a torch.nn.Module."
            )
        copied = deepcopy(self.module).double().cpu().eval().requires_grad_()
        object.__setattr__(self, "module", copied)

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        return {}

    def layout(self, inputs: int, outputs: int) -> Layout:
        """The names and shapes of the module's parameters."""
        return Layout({name: tuple(each.shape) for name, each in self.module.named_parameters()})

    def check(self, order: int, name: str, inputs: int, outputs: int) -> None:
        """See that the module takes the inputs, makes the outputs, and has the derivatives.

        Raises:
            SolverError: if it does not.
        """
        tried = torch.linspace(-0.9, 0.9, _TRIED * inputs, dtype=torch.float64).view(inputs, _TRIED).T
        with _told(f"The module cannot be given {inputs} inputs, as columns of a matrix"), torch.no_grad():
            made, alone = self.module(tried), self.module(tried[:1])
        if not isinstance(made, Tensor) or made.shape != (_TRIED, outputs):
            found = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
            raise SolverError(
                f"The module made {found} of {_TRIED} points with {inputs} inputs each; it has to make "
                f"{(_TRIED, outputs)}, a column for each field."
            )
        if not torch.allclose(made[:1], alone, rtol=1e-9, atol=1e-12):
            raise SolverError("What the module makes of a point depends on other points; treat each alone.")
        if not any(each.numel() for each in self.module.parameters()):
            raise SolverError("The module has no parameters, so that nothing can be trained.")
        with _told(f"The module cannot be differentiated as {name} asks for"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", _LATE)
            found = self._tried(tried, order)
        if order > 1 and not found.any():
            raise SolverError(
                f"The equation holds {name}, and the module's derivatives of order {order} are zero, as those"
                " of ReLU are; take smooth functions, such as torch.nn.Tanh."
            )

    def _tried(self, points: Tensor, order: int) -> Tensor:
        """Derivatives along the diagonal, of which those by the weights could be taken."""
        along = Orders.closed(("s",), [(order,)])
        layers = [points, torch.ones_like(points)] + [torch.zeros_like(points)] * (order - 1)
        weights = {name: each.detach() for name, each in self.module.named_parameters()}
        tape = Tape(weights, records=True)
        found = self.forward(Jet(along, torch.stack(layers[: order + 1])), tape)[(order,)]
        layout = self.layout(points.shape[1], found.shape[1])
        tape.jacobian(found.unbind(1), layout, found.new_empty(found.numel(), layout.count))
        return found

    def initial(self, inputs: int, outputs: int, generator: torch.Generator) -> Tensor:
        """The module's own parameters."""
        own = {name: each.detach().clone() for name, each in self.module.named_parameters()}
        return self.layout(inputs, outputs).joined(own)

    def forward(self, x: Jet, tape: Tape) -> Jet:
        names = [name for name, _ in self.module.named_parameters()]
        weights = {name: tape.weights[name] for name in names}
        orders = x.orders

        def made(values: Float[Tensor, "K N F"], given: dict[str, Tensor]) -> Float[Tensor, "K N C"]:
            return _derivatives(lambda inputs: self._call(inputs, given), Jet(orders, values))

        def rows(gradient: Tensor) -> dict[str, Tensor]:
            def pulled(given: dict[str, Tensor], values: Tensor, by: Tensor) -> Tensor:
                return (made(values[:, None], given)[:, 0] * by).sum()

            return vmap(grad(pulled), in_dims=(None, 1, 1))(weights, x.values, gradient)

        return Jet(orders, tape.recorded(made(x.values, weights), rows))

    def _call(self, inputs: Tensor, weights: dict[str, Tensor]) -> Tensor:
        buffers = {
            name: each.to(inputs.device, inputs.dtype if each.is_floating_point() else None)
            for name, each in self.module.named_buffers()
        }
        return functional_call(self.module, weights | buffers, (inputs,))


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Have whatever a person's module raises told as a sentence."""
    try:
        yield
    except Exception as error:
        raise SolverError(f"{what}: {error}") from error


def _derivatives(function: _Values, x: Jet) -> Float[Tensor, "K N C"]:
    """A function of a jet: it follows the jet's Taylor polynomial around each point."""
    orders = x.orders
    factorials = [prod(map(factorial, order)) for order in orders.members]

    def near(*shift: Tensor) -> Tensor:
        inputs = x.values[0]
        for layer, order, below in zip(x.values[1:], orders.members[1:], factorials[1:], strict=True):
            power = prod(s**n for s, n in zip(shift, order, strict=True) if n)
            inputs = inputs + layer * (power / below)
        return function(inputs)

    here = [x.values.new_zeros(()) for _ in orders.axes]
    return torch.stack([_derivative(near, order)(*here) for order in orders.members])


def _derivative(function: Callable[..., Tensor], order: Order) -> Callable[..., Tensor]:
    for axis, times in enumerate(order):
        for _ in range(times):
            function = _slope(function, axis)
    return function


def _slope(function: Callable[..., Tensor], axis: int) -> Callable[..., Tensor]:
    def slope(*at: Tensor) -> Tensor:
        along = tuple(torch.full_like(each, float(i == axis)) for i, each in enumerate(at))
        return jvp(function, at, along)[1]

    return slope
