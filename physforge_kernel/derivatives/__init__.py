"""Candidate terms of a law, and the derivatives that they are made of.

What comes in: the names of a field's components and axes. What goes out: a library, a tuple of `Feature`s,
each of them a derivative of a product of powers that weak-form regression can evaluate without
differentiating data.
"""

from __future__ import annotations

from ._library import Feature, library

__all__ = ["Feature", "library"]
