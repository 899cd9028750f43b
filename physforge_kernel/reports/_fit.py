"""How well the law's right side predicts its left side, test function by test function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._style import ACCENT, MUTED
from .._wording import percent
from . import _fields
from ._markup import Html, facts
from ._sections import missing
from ._svg import Picture, gallery, literal, panel, picture
from .law import settled

if TYPE_CHECKING:
    import xarray

    from ._run import Run


def fit(run: Run) -> Html:
    """Show predicted against observed left sides, and where the residual lies."""
    if not settled(run.result):
        return missing("There is no law whose fit could be shown. The data settle none.")
    if run.fit is None:
        return missing("This job kept no fit, so there is nothing to compare.")
    pictures: list[Picture] = []
    explained: dict[str, object] = {}
    for left, part in _by_left_side(run.fit):
        observed, predicted = (np.ravel(part[name].values) for name in ("observed", "predicted"))
        good = np.isfinite(observed) & np.isfinite(predicted)
        if not good.any():
            continue
        pictures.append(_against(left, observed[good], predicted[good]))
        pictures += _residual(left, part["residual"])
        spread = float(np.sum(np.abs(observed[good] - observed[good].mean()) ** 2))
        left_over = float(np.sum(np.abs(observed[good] - predicted[good]) ** 2))
        if spread > 0:
            explained[f"share of {left} left over, noise included"] = percent(left_over / spread)
    if not pictures:
        return missing("The fit holds no finite values, so there is nothing to draw.")
    caption = (
        "Both sides of the law, each averaged against smooth test functions, so that no noise is "
        "differentiated. On the line, the law holds. The residual is what is left over, at the centres of "
        "the test functions; a pattern there would be physics that the law lacks."
    )
    return Html(gallery(pictures, caption), "The fit, drawn.") + facts(explained)


def _by_left_side(stored: xarray.Dataset) -> list[tuple[str, xarray.Dataset]]:
    if "left_side" not in stored.dims:
        return [("left side", stored)]
    parts = (stored.isel(left_side=index) for index in range(stored.sizes["left_side"]))
    return [(str(part["left_side"].item()), part.drop_vars("left_side")) for part in parts]


def _against(left: str, observed: Any, predicted: Any) -> Picture:
    if np.iscomplexobj(observed):
        observed, predicted = (np.concatenate([side.real, side.imag]) for side in (observed, predicted))
    ends = [float(min(observed.min(), predicted.min())), float(max(observed.max(), predicted.max()))]
    with panel() as (figure, axes):
        axes.plot(ends, ends, color=MUTED, linewidth=0.9, zorder=1)
        axes.scatter(
            observed, predicted, s=7, color=ACCENT, alpha=0.35, linewidths=0, rasterized=True, zorder=2
        )
        axes.set_xlabel(literal(f"observed {left}"))
        axes.set_ylabel("the law's right side")
        axes.set_title("Predicted against observed")
        related = float(np.corrcoef(observed, predicted)[0, 1]) if observed.size > 2 else float("nan")
        alt = f"{observed.size} predicted values of {left} against observed ones; correlation {related:.5f}."
        return picture(figure, alt)


def _residual(left: str, residual: xarray.DataArray) -> list[Picture]:
    named = residual.squeeze(drop=True).rename("residual")
    return _fields.pictures(named.to_dataset(), title=f"Residual of {left}", diverging=True)
