"""Laws by PySINDy's optimisers, on derivatives of the samples: for comparison, and for those who want them.

What comes in: fields, left sides and candidate terms. What goes out: the terms that an optimiser takes, with
its own coefficients. What is said of the law after that, its coefficients, intervals and verdict, is the work
of the weak form, as for any other law.
"""

from __future__ import annotations

from ._optimisers import methods, named
from ._strong import Picked, Strong

__all__ = ["Picked", "Strong", "methods", "named"]
