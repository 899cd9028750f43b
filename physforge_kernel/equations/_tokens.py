"""From a text, plain or LaTeX, to tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from ._latex_reader import COMMANDS, WRAPPERS, LatexCommand
from ._names import split_derivative
from ._syntax import FUNCTIONS, complain

Kind = Literal["number", "name", "subscript", "leibniz", "command", "operator", "newline", "end"]

MAX_LENGTH = 20_000

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi",
    "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi",
    "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
"""Greek letters and the names that stand for them. Δ is missing: it is the Laplacian."""

_SAME_AS = {
    "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "\u00a0": " ",
    "\u2009": " ", "\u202f": " ", "\u2062": "*", "\u200b": " ", "＝": "=", "∆": "Δ", "′": "'",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_SUBSCRIPTS = {"ₜ": "t", "ₓ": "x", **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))}

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏЀ-ӿ\u4e00-\u9fff" + "".join(GREEK)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(rf"[{_LETTER}][{_LETTER}0-9]*")
_LATEX_NAME = re.compile(rf"[{_LETTER}]")
_SUBSCRIPT = re.compile(rf"_\s*(?:\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}|(\\[A-Za-z]+|[{_LETTER}0-9]+))")
_WRAPPER = re.compile(r"\\(?:" + "|".join(WRAPPERS) + r")\s*\{([^{}]*)\}")
_SMALL_SUBSCRIPT = re.compile("[" + "".join(_SUBSCRIPTS) + "]+")
_SMALL_SUPERSCRIPT = re.compile("[" + "".join(_SUPERSCRIPTS) + "]+")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_WRAPPED = re.compile(rf"\s*\{{\s*([{_LETTER}][{_LETTER}0-9_\\ ]*?)\s*\}}")
_TWO_DIGITS = re.compile(r"\s*([0-9])\s*([0-9])")
_BAR = re.compile(r"\s*(?:\||\\[lr]?vert)")
_BRACES = re.compile(r"\s*\{[^{}]*\}")
_ORDER = r"(?:\^?\{?(?P<n>\d{1,2})\}?|(?P<ns>[²³⁴⁵⁶⁷⁸⁹]))?"
_ONE_BELOW = r"(?:d|∂)\s*[txyz](?:\^?\{?\d{1,2}\}?|[²³⁴⁵⁶⁷⁸⁹])?"
_LEIBNIZ = re.compile(
    r"(?:d|∂)\s*" + _ORDER + rf"\s*(?P<name>[{_LETTER}][{_LETTER}0-9]*(?:_[A-Za-z0-9]+)?)?\s*/\s*"
    rf"(?P<below>{_ONE_BELOW}(?:\s*\*?\s*{_ONE_BELOW})*|\(\s*{_ONE_BELOW}(?:\s*\*?\s*{_ONE_BELOW})*\s*\))"
    rf"(?![{_LETTER}0-9_])"
)
_BELOW = re.compile(r"(?:d|∂)\s*([txyz])(?:\^?\{?(\d{1,2})\}?|([²³⁴⁵⁶⁷⁸⁹]))?")
OVER_AXES = re.compile(rf"\s*/\s*(?P<below>{_ONE_BELOW}(?:\s*\*?\s*{_ONE_BELOW})*)(?![{_LETTER}0-9_])")


@dataclass(frozen=True)
class Token:
    """A piece of text: `text` is its meaning in one spelling; `start` and `end` say where it stands."""

    kind: Kind
    text: str
    start: int
    end: int
    axes: str = ""


def differential_axes(below: str) -> str:
    """`dx2dy` -> `xxy`: the axes under the fraction bar of a derivative."""
    axes = ""
    for axis, digits, small in _BELOW.findall(below):
        axes += axis * int(digits or _SUPERSCRIPTS.get(small, "1"))
    return axes


def tokenize(text: str, known: frozenset[str] = frozenset()) -> list[Token]:
    """Split `text` into tokens, the last of which is `end`.

    `known` are names that LaTeX's habit of reading `ab` as a times b leaves alone.
    """
    if len(text) > MAX_LENGTH:
        raise complain(
            text, MAX_LENGTH, f"This equation has {len(text)} characters; at most {MAX_LENGTH} are read."
        )
    return _Scanner(text, known).scan()


class _Scanner:
    def __init__(self, text: str, known: frozenset[str]) -> None:
        self.text = text
        self.plain = "".join(_SAME_AS.get(character, character) for character in text)
        self.latex = "\\" in text
        self.known = known | set(FUNCTIONS) | set(GREEK.values()) | {"pi", "lap", "laplacian"}
        self.tokens: list[Token] = []
        self.at = 0

    def scan(self) -> list[Token]:
        while self.at < len(self.plain):
            self._step()
        self._add("end", "", self.at)
        return self.tokens

    def _add(self, kind: Kind, text: str, end: int, axes: str = "") -> None:
        self.tokens.append(Token(kind, text, self.at, end, axes))
        self.at = end

    def _step(self) -> None:
        text, at = self.plain, self.at
        character = text[at]
        if character == "\n" or text.startswith("\\\\", at):
            self._add("newline", "\n", at + (1 if character == "\n" else 2))
        elif character.isspace() or (self.latex and character in "&~$") or character == "$":
            self.at += 1
        elif character in "0123456789.":
            match = _NUMBER.match(text, at)
            if match is None:
                raise complain(self.text, at, "A point stands here without digits.")
            self._add("number", match[0], match.end())
        elif character in "d∂" and (match := _LEIBNIZ.match(text, at)):
            self._leibniz(match)
        elif character == "\\":
            self._command()
        elif _LATEX_NAME.match(character):
            self._name()
        elif match := _SMALL_SUPERSCRIPT.match(text, at):
            digits = "".join(_SUPERSCRIPTS[small] for small in match[0])
            self._superscript(digits, match.end())
        elif (character == "_" and (match := _SUBSCRIPT.match(text, at))) or (
            match := _SMALL_SUBSCRIPT.match(text, at)
        ):
            self._add("subscript", _subscript(match), match.end())
        elif text.startswith("**", at):
            self._add("operator", "^", at + 2)
        elif character in "+-*/^()[]{}=,;|∂Δ∇'":
            self._add("operator", character, at + 1)
        else:
            name = unicodedata.name(character, "")
            said = f" ({name.lower()})" if name and ord(character) > 126 else ""
            raise complain(self.text, at, f"The character {character!r}{said} has no meaning in an equation.")

    def _superscript(self, digits: str, end: int) -> None:
        start = self.at
        self.tokens.append(Token("operator", "^", start, start))
        if digits.startswith("-"):
            self.tokens.append(Token("operator", "-", start, start))
        self._add("number", digits.lstrip("-") or "0", end)

    def _leibniz(self, match: re.Match[str]) -> None:
        axes = differential_axes(match["below"])
        order = int(match["n"] or _SUPERSCRIPTS.get(match["ns"] or "", "1"))
        if order != len(axes):
            raise complain(
                self.text,
                self.at,
                f"The derivative {match[0]!r} has order {order} above the bar and {len(axes)} below it.",
            )
        name = _spell(match["name"]) if match["name"] else ""
        self._add("leibniz", name, match.end(), axes)

    def _name(self) -> None:
        text, at = self.plain, self.at
        match = _NAME.match(text, at)
        if match is None:
            raise complain(self.text, at, "A name was expected here.")
        run = match[0]
        if self.latex and not self._whole(run, match.end()):
            run = run[0]
            digits = re.compile(r"\d*").match(text, at + 1)
            run += digits[0] if digits else ""
        self._finish_name(run, at + len(run))

    def _whole(self, run: str, end: int) -> bool:
        if _spell(run) in self.known:
            return True
        subscript = _SUBSCRIPT.match(self.plain, end)
        return subscript is not None and f"{_spell(run)}_{_subscript(subscript)}" in self.known

    def _finish_name(self, run: str, end: int) -> None:
        name = _spell(run)
        while True:
            match = _SUBSCRIPT.match(self.plain, end) or _SMALL_SUBSCRIPT.match(self.plain, end)
            if match is None:
                break
            subscript, end = _subscript(match), match.end()
            bare = match[2] if match.re is _SUBSCRIPT else None
            if self.latex and bare and not bare.startswith("\\") and subscript.strip("txyz"):
                subscript, end = _spell(bare[0]), match.start(2) + 1
            joined = "" if self._goes_on(name, subscript) else "_"
            name += f"{joined}{subscript}"
        self._add("name", name, end)

    def _goes_on(self, name: str, subscript: str) -> bool:
        """Whether `_t` after `u_x` differentiates further (u_xt), u_x being no name of its own."""
        return name not in self.known and bool(split_derivative(name)) and not subscript.strip("txyz")

    def _command(self) -> None:
        match = _COMMAND.match(self.plain, self.at)
        if match is None:
            raise complain(self.text, self.at, "The text ends with a backslash.")
        word = match[1]
        command = COMMANDS.get(word)
        if command is None and word in GREEK.values():
            command = LatexCommand("name", word)
        if command is None:
            raise complain(
                self.text, self.at, f"The LaTeX command \\{word} is not one that equations can hold."
            )
        if command.kind == "skip":
            self._skip(word, command, match.end())
        elif command.kind == "wrapped":
            wrapped = _WRAPPED.match(self.plain, match.end())
            if wrapped is None:
                raise complain(self.text, self.at, f"\\{word} needs a name in braces, as in \\{word}{{u}}.")
            name = wrapped[1].replace("\\", "").replace(" ", "")
            self._finish_name(name, wrapped.end())
        elif command.kind == "name":
            self._finish_name(command.text, match.end())
        else:
            self._add(command.kind, command.text, match.end())
            if command.text == "frac" and (digits := _TWO_DIGITS.match(self.plain, self.at)):
                for group in (1, 2):
                    self.at = digits.start(group)
                    self._add("number", digits[group], digits.end(group))

    def _skip(self, word: str, command: LatexCommand, end: int) -> None:
        bar = _BAR.match(self.plain, end) if word in ("left", "right") else None
        if bar is not None:
            self._add("operator", "lvert" if word == "left" else "rvert", bar.end())
            return
        self.at = end
        braces = _BRACES.match(self.plain, end) if command.text == "environment" else None
        if braces is not None:
            self.at = braces.end()


def _subscript(match: re.Match[str]) -> str:
    if match.re is _SMALL_SUBSCRIPT:
        return "".join(_SUBSCRIPTS[small] for small in match[0])
    inside = match[1] if match[1] is not None else match[2]
    inside = _WRAPPER.sub(r"\1", inside)
    parts = [_spell(part.replace(" ", "").replace("\\", "")) for part in inside.split(",")]
    if all(part and not part.strip("txyz") for part in parts):
        return "".join(parts)
    return "_".join(part for part in parts if part)


def _spell(name: str) -> str:
    return "".join(GREEK.get(character, character) for character in name)
