"""What a library is over: the names of a field's variables, axes and left sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DiscoveryError
from ._complex import phase_symmetric, real_components
from ._polynomials import polynomials
from ._terms import Library

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Names:
    """The variables of a field, its axes with time first, and the real components of each variable.

    `sources` names the variable of each component: that of a complex variable is two components' one.
    """

    variables: tuple[str, ...]
    axes: tuple[str, ...]
    components: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, field: xr.Dataset) -> Names:
        """The names in a field."""
        variables = tuple(map(str, field.data_vars))
        axes = ("t", *sorted(str(d) for d in field.dims if d != "t"))
        if len(field.dims) == 1 and "t" not in field.dims and "t" in field.variables:  # scattered samples
            axes = tuple(name for name in ("t", "x", "y", "z") if name in field.variables)
            variables = tuple(name for name in variables if name not in axes)
        components = [
            (part, name)
            for name in variables
            for part in (real_components(name) if field[name].dtype.kind == "c" else (name,))
        ]
        return cls(variables, axes, tuple(c for c, _ in components), tuple(name for _, name in components))

    @property
    def space(self) -> tuple[str, ...]:
        """The axes of space."""
        return self.axes[1:]

    @property
    def is_complex(self) -> bool:
        return len(self.components) > len(self.variables)

    @property
    def lefts(self) -> tuple[str, ...]:
        """The left sides that laws of this field can have."""
        return tuple(f"{name}_{times}" for times in ("t", "tt") for name in self.variables)

    def real(self, what: str) -> Names:
        """Itself where all variables are real.

        Raises:
            DiscoveryError: if one is complex, naming what needs them real.
        """
        if self.is_complex:
            raise DiscoveryError(
                f"The field is complex, and {what} is for real variables; its candidate terms are those of "
                "library.phase_symmetric(name, axes)."
            )
        return self

    def standard(self) -> Library:
        """The candidate terms that discovery starts from."""
        if self.is_complex:
            return phase_symmetric(self.variables[0], self.axes)
        return polynomials(self.components, self.axes)
