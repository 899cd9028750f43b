"""Which names the workspace accepts, and how a reference such as `wake@3` is read."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from .._wording import plain
from ..errors import NotFoundError, WorkspaceError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MANIFEST = re.compile(r"[0-9a-f]{64}")
_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Ref:
    """A parsed reference: either a dataset's name with an optional number, or a version's id."""

    name: str | None = None
    number: int | None = None
    manifest: str | None = None


def parse_ref(text: str) -> Ref:
    """Read `wake` (the newest version), `wake@3`, or a version's 64-digit id.

    >>> parse_ref("wake@3")
    Ref(name='wake', number=3, manifest=None)
    """
    if _MANIFEST.fullmatch(text):
        return Ref(manifest=text)
    name, at, number = text.partition("@")
    if not at:
        return Ref(name=check_name(name))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise WorkspaceError(
            f"{text!r:.160} does not name a version: after the @ comes its number, as in '{name:.128}@1'."
        )
    return Ref(name=check_name(name), number=int(number))


def check_name(name: str) -> str:
    """Return a dataset's name, or raise a sentence that says what is wrong with it."""
    if not _NAME.fullmatch(name):
        raise WorkspaceError(
            f"{name!r:.160} cannot name a dataset. Use 1 to 128 of the letters a-z and A-Z, digits, "
            f"'-', '_' and '.', beginning with a letter or a digit{_suggestion(name)}."
        )
    if _MANIFEST.fullmatch(name):
        raise WorkspaceError(f"{name!r} cannot name a dataset: 64 hexadecimal digits are a version's id.")
    return name


def check_owner(owner: str) -> str:
    """Return whose the records are that a workspace sees, or raise a sentence; `""` is the person alone."""
    if len(owner) > 255 or not owner.isprintable() or owner != owner.strip():
        raise WorkspaceError(
            f"{owner!r:.160} cannot own anything in a workspace. Use at most 255 printable characters, "
            "without a space at either end; empty is the person alone on the machine. It may come from "
            "PHYSFORGE_OWNER."
        )
    return owner


def check_words(words: str, what: str, *, lines: bool = False) -> str:
    """Return what a person calls or says of a record, or raise a sentence: it must look like what it is.

    Args:
        words: such as a job's name.
        what: what the words are, as in "a job's name".
        lines: whether they may be several lines.
    """
    kept = "\n\t" if lines else ""
    bad = next((each for each in words if plain(each, keep=kept) != each), None)
    if bad is not None:
        raise WorkspaceError(
            f"{words!r:.160} cannot be {what}: the character {bad!a} in it is not seen, or moves what is. "
            f"Leave control characters and marks of direction out{'' if lines else ', and line breaks too'}."
        )
    return words


def check_about(description: str, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of a version, one or several, if they and its description are what they look like."""
    found = (tags,) if isinstance(tags, str) else tuple(tags)
    check_words(description, "a description", lines=True)
    for tag in found:
        check_words(tag, "a tag")
    return found


def named_after(called: str, stem: str, description: str) -> tuple[str, str]:
    """Return the name that a file or folder suggests for a dataset, and the dataset's description.

    A name holds no letters but a-z and A-Z. Where all of a file's are others, the name is a hash of them, so
    that two files do not share one, and the file's own name becomes the description, unless there is one.

    Args:
        called: what people call the file or folder.
        stem: `called` without the ending.
        description: what is said of it; may be empty.

    >>> named_after("run 7 (final).csv", "run 7 (final)", "")
    ('run-7-final', '')
    >>> named_after("данные 7.csv", "данные 7", "")
    ('data-85928f2e', 'данные 7.csv')
    """
    name = slug(stem)
    if any(map(str.isalpha, name)) or (name and not any(map(str.isalpha, stem))):
        return check_name(name), description
    letters = unicodedata.normalize("NFC", stem).encode("utf-8", "surrogatepass")
    return f"data-{hashlib.sha256(letters).hexdigest()[:8]}", description or plain(called)


def check_file_path(path: str) -> str:
    """Return a path inside a version or a job's artifacts if it is relative, plain and stays inside."""
    parts = PurePosixPath(path).parts
    harmless = (
        path
        and len(path) <= 512
        and path == "/".join(parts)
        and not path.startswith("/")
        and ".." not in parts
        and "\\" not in path
        and path.isprintable()
        and not _WINDOWS_DRIVE.match(path)
        and all(len(part.encode()) <= 255 for part in parts)
    )
    if not harmless:
        raise WorkspaceError(
            f"{path!r:.160} is not a usable file name. Use a relative path of printable characters "
            "with '/' between folders, without '..', at most 512 characters long."
        )
    return path


def not_found(what: str, wanted: str, known: Iterable[str], otherwise: str) -> NotFoundError:
    """Build the error for a name that nothing answers to, with the closest names that exist.

    >>> str(not_found("dataset", "waek", ["wake", "burgers"], "There is none yet."))
    "There is no dataset 'waek'. Did you mean 'wake'?"
    """
    close = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(repr(name) for name in close)}?" if close else otherwise
    return NotFoundError(f"There is no {what} {wanted!r:.160}. {hint}")


def slug(text: str) -> str:
    """Return the nearest thing to `text` that can name a dataset or a file; may be empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-_.")[:128]


def _suggestion(name: str) -> str:
    plain = slug(name)
    return f", for instance {plain!r}" if plain else ""
