"""A network over functions: one part sees a function, the other a point."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SolverError
from .._jet import Jet
from .._orders import Orders
from .._tape import Tape
from ._base import Network, chain


@dataclass(frozen=True, kw_only=True)
class DeepONet(Network):
    """A branch over the coordinates of a function times a trunk over those of a point, summed over a rank.

    After Lu et al. 2021 (arXiv 1910.03193, eq. 2; unstacked). The branch does not depend on the point, so
    that it carries no derivatives. Width, depth and activation are those of both.

    Attributes:
        functions: how many of the inputs, the first ones, are coordinates of a function.
        rank: the number of products.
        linear: whether the branch is one affine map, as the operator of a linear equation is.

    Example:
        >>> DeepONet(functions=10, rank=16, width=20, depth=2).layout(inputs=11, outputs=1).count
        1772
    """

    functions: int
    rank: int = 32
    linear: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("functions", "rank"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise SolverError(f"A DeepONet's {name} is {value!r}; give a whole number, at least one.")

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        if inputs <= self.functions:
            raise SolverError(
                f"A DeepONet of {self.functions} coordinates of functions was given {inputs} inputs, which "
                "leaves none for a point; give it fewer `functions`."
            )
        hidden = [self.width] * self.depth
        branch = chain([self.functions, *([] if self.linear else hidden), self.rank])
        trunk = chain([inputs - self.functions, *hidden, self.rank * outputs])
        return {f"branch.{n}": s for n, s in branch.items()} | {f"trunk.{n}": s for n, s in trunk.items()}

    def forward(self, x: Jet, tape: Tape) -> Jet:
        plain = Orders.closed(x.orders.axes, [])
        branch = Jet(plain, x.values[:1, :, : self.functions])
        for i in range(0 if self.linear else self.depth):
            branch = tape.linear(branch, f"branch.{i}").through(self.function)
        branch = tape.linear(branch, f"branch.{0 if self.linear else self.depth}")
        trunk = x.columns(slice(self.functions, None))
        for i in range(self.depth):
            trunk = tape.linear(trunk, f"trunk.{i}").through(self.function)
        trunk = tape.linear(trunk, f"trunk.{self.depth}")
        products = trunk.values.unflatten(-1, (self.rank, -1)) * branch.values[0][:, :, None]
        return Jet(x.orders, products.sum(-2))
