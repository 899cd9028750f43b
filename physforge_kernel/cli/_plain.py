"""Text that others wrote (names, file contents, error messages), made safe to print on a terminal."""

from __future__ import annotations

import unicodedata

# Cc: control, Cf: invisible formatting (right-to-left overrides among them), Cs: lone surrogates,
# Zl and Zp: line breaks that are not "\n".
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def plain(text: object, *, keep: str = "\n\t") -> str:
    r"""Return the text with every control character but those in `keep` spelled out.

    Example:
        >>> print(plain("wake\x1b[31m red"))
        wake\x1b[31m red
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _UNSAFE
        else _spelled(character)
        for character in str(text)
    )


def one_line(text: object) -> str:
    r"""Return the text on one line: white space shrinks to one space, control characters are spelled out.

    Example:
        >>> one_line("two\n  lines")
        'two lines'
    """
    return plain(" ".join(str(text).split()), keep="")


def _spelled(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
