"""The source of a Python function that computes an equation's right sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from ._scope import python_name
from ._text import Spelling

_NUMPY = {"abs": "np.abs", "conj": "np.conj", "sign": "np.sign"}


class PythonSpelling(Spelling):
    """Spells expressions as Python over NumPy arrays."""

    pi = "np.pi"

    def __init__(self) -> None:
        super().__init__(imaginary="1j")

    def name(self, name: str) -> str:
        return python_name(name)

    def call(self, function: str, argument: str) -> str:
        return f"{_NUMPY.get(function, f'np.{function}')}({argument})"

    def raised(self, base: str, exponent: str) -> str:
        return f"{base}**{exponent}"

    def exponent(self, exponent: sympy.Expr) -> str:
        text = super().exponent(exponent)
        return f"({text})" if text.startswith("-") else text


def python_source(
    right_sides: Mapping[str, str], text: str, arguments: Sequence[str], parameters: Sequence[str]
) -> str:
    """A function `right_sides(...)` that returns the value of each right side by its left side's name.

    Args:
        right_sides: Python text of each right side.
        text: the equation, for the docstring.
        arguments: axes and fields the right sides hold.
        parameters: constants, which become keyword arguments.
    """
    listed = [python_name(name) for name in arguments]
    if parameters:
        listed += ["*", *(python_name(name) for name in parameters)]
    body = "".join(f"        {left!r}: {right},\n" for left, right in right_sides.items())
    return (
        "import numpy as np\n\n\n"
        f"def right_sides({', '.join(listed)}):\n"
        f'    """{text}"""\n'
        "    return {\n"
        f"{body}"
        "    }\n"
    )
