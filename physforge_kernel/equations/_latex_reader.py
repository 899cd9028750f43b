"""What each LaTeX command means to the reader of equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LatexCommand:
    """`kind` says how the scanner treats the command.

    `name` and `operator` stand for `text`; `wrapped` holds a name in braces; `command` is left to the parser;
    `skip` means nothing (with the text `environment`, its braces neither).
    """

    kind: Literal["name", "operator", "wrapped", "command", "skip"]
    text: str = ""


_OPERATORS = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "partial": "∂", "nabla": "∇", "Delta": "Δ",
    "triangle": "Δ", "lvert": "lvert", "rvert": "rvert", "vert": "|", "mid": "|",
    "lbrace": "(", "rbrace": ")", "{": "(", "}": ")", "lparen": "(", "rparen": ")",
}  # fmt: skip
_NAMES = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma",
    "imath": "i", "ln": "log", "sgn": "sign", "arctan": "atan",
    **{name: name for name in ("sin", "cos", "tan", "exp", "log", "tanh", "cosh", "sinh", "pi")},
}  # fmt: skip
WRAPPERS = ("mathrm", "mathit", "mathbf", "mathsf", "text", "textrm", "operatorname", "boldsymbol")
_SKIPPED = (
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "biggl", "biggr",
    "displaystyle", "textstyle", "quad", "qquad", ",", ";", ":", "!", " ", "(", ")", "[", "]",
    "limits", "nonumber",
)  # fmt: skip

COMMANDS: dict[str, LatexCommand] = {
    **{word: LatexCommand("operator", text) for word, text in _OPERATORS.items()},
    **{word: LatexCommand("name", text) for word, text in _NAMES.items()},
    **{word: LatexCommand("wrapped") for word in WRAPPERS},
    **{word: LatexCommand("skip") for word in _SKIPPED},
    **{word: LatexCommand("skip", "environment") for word in ("begin", "end", "label", "tag")},
    **{word: LatexCommand("command", "frac") for word in ("frac", "dfrac", "tfrac")},
    "sqrt": LatexCommand("command", "sqrt"),
    **{word: LatexCommand("command", "conj") for word in ("overline", "bar")},
    "dot": LatexCommand("command", "dot"),
    "ddot": LatexCommand("command", "ddot"),
}
"""Every command that is understood, Greek letters aside."""
