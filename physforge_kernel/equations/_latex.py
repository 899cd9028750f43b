"""The spelling of expressions as LaTeX, of a kind that the reader of equations reads back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ._names import derivative_name
from ._scope import Scope
from ._text import Spelling
from ._tokens import GREEK

_GREEK = frozenset(GREEK.values()) - {"pi"}
_COMMANDS = {
    **{name: name for name in ("sin", "cos", "tan", "exp", "log", "tanh", "cosh", "sinh")},
    "atan": "arctan",
}


class LatexSpelling(Spelling):
    """Spells expressions as LaTeX; products are juxtaposed, and `u_xx` is `u_{xx}`."""

    pi = r"\pi"

    def __init__(self, scope: Scope, digits: int | None = None, imaginary: str = "i") -> None:
        super().__init__(digits, imaginary)
        self.scope = scope

    def real(self, value: float) -> str:
        text = super().real(value)
        number = Decimal(text)
        if not number or -3 <= number.adjusted() < 6:
            return format(number, "f") if "e" in text else text
        power = number.adjusted()
        mantissa = format(number.scaleb(-power).normalize(), "f")
        ten = f"10^{{{power}}}"
        if mantissa in ("1", "-1"):
            return mantissa.replace("1", ten)
        return rf"{mantissa}\times{ten}"

    def name(self, name: str) -> str:
        found = self.scope.orders(name)
        if found is None:
            return _plain_name(name, "")
        component, orders = found
        suffix = derivative_name("", orders).removeprefix("_")
        return _plain_name(component, suffix)

    def times(self, texts: Sequence[str]) -> str:
        result = ""
        for text in texts:
            if not result:
                result = text
            elif text[0].isdigit() or text[0] in ".-":
                result += rf" \cdot {text}"
            else:
                result += f" {text}"
        return result

    def over(self, above: str, below: Sequence[str]) -> str:
        return rf"\frac{{{_bare(above)}}}{{{_bare(self.times(below))}}}"

    def group(self, text: str) -> str:
        return rf"\left({text}\right)"

    def call(self, function: str, argument: str) -> str:
        if function == "sqrt":
            return rf"\sqrt{{{argument}}}"
        if function == "conj":
            return rf"\overline{{{argument}}}"
        if function == "abs":
            return rf"\left|{argument}\right|"
        known = _COMMANDS.get(function)
        command = rf"\{known}" if known else rf"\operatorname{{{function}}}"
        return command + self.group(argument)

    def raised(self, base: str, exponent: str) -> str:
        if base.startswith(r"\overline"):
            base = f"{{{base}}}"
        return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^{{{exponent}}}"

    def grouped_exponent(self, text: str) -> str:
        return text


def _bare(text: str) -> str:
    """A text without the parentheses around the whole of it."""
    if text.startswith(r"\left(") and text.endswith(r"\right)") and text.count(r"\left(") == 1:
        return text.removeprefix(r"\left(").removesuffix(r"\right)")
    return text


def _plain_name(name: str, suffix: str) -> str:
    """A name with its subscripts: `nu_0` becomes `\\nu_0`, and `k_on` becomes `k_{\\mathrm{on}}`."""
    head, *parts = name.split("_")
    if not head or not all(parts):
        escaped = name.replace("_", r"\_")
        head, parts = rf"\mathrm{{{escaped}}}", []
    else:
        head = _word(head)
        parts = [part if part.isdigit() else _word(part) for part in parts]
    below = ",".join([*parts, suffix] if suffix else parts)
    if not below:
        return head
    return f"{head}_{below}" if len(below) == 1 else f"{head}_{{{below}}}"


def _word(word: str) -> str:
    if len(word) == 1:
        return word
    return rf"\{word}" if word in _GREEK else rf"\mathrm{{{word}}}"
