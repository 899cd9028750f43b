"""Derivatives of sampled fields, and the candidate terms of a law that they are made of.

What comes in: a field, or the names of its components and axes. What goes out: derivatives with their errors,
as a field; and a library, candidate terms written as derivatives of functions that weak-form regression can
evaluate without differentiating data.
"""

from __future__ import annotations

from . import library
from ._by_parts import term
from ._complex import phase_symmetric, phase_terms, real_components
from ._differentiate import differentiate
from ._evaluate import evaluate
from ._feature import Feature, Function, right_side
from ._identities import Flow
from ._lines import Estimate, Lines, Samples
from ._methods import methods, register
from ._polynomials import polynomials
from ._terms import Library, Term
from ._units import unit_exponents
from .library import sines, slopes

__all__ = [
    "Estimate",
    "Feature",
    "Flow",
    "Function",
    "Library",
    "Lines",
    "Samples",
    "Term",
    "differentiate",
    "evaluate",
    "library",
    "methods",
    "phase_symmetric",
    "phase_terms",
    "polynomials",
    "real_components",
    "register",
    "right_side",
    "sines",
    "slopes",
    "term",
    "unit_exponents",
]
