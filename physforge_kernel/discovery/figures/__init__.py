"""Figures of discovery, drawn on request: rankings, validations, stability and sensitivity.

Needs Matplotlib, which the library alone does without: it is loaded when a figure is drawn, and asked for in
a sentence where it is missing.
"""

from __future__ import annotations

from ._bars import draw_panels, draw_side_by_side
from ._drawing import Figure as Figure
from ._ranking import draw_ranking
from ._validation import draw_validation

__all__ = ["draw_panels", "draw_ranking", "draw_side_by_side", "draw_validation"]
