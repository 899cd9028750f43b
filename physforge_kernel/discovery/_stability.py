"""How stable is the law? Selection repeated on resampled data, with fewer candidates, and at fewer scales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DiscoveryError
from ._cells import Partition, Sums, partition
from ._draws import Chosen, Draw, Drawing, Kind
from ._evidence import Evidence, share_of, written
from ._map import Map
from ._memory import too_large
from ._side import SideLaw
from ._sketch import sketch
from ._stored import Stored
from ._tables import html_table, text_table

if TYPE_CHECKING:
    from .figures import Figure

#: Portions in which the work is handed out, so that progress shows and a cancelled job stops.
_PORTIONS = 8

#: How an ensemble is called where people read it.
_WORDS: dict[Kind, str] = {"blocks": "resampled", "terms": "fewer candidates", "scales": "fewer scales"}


@dataclass(frozen=True)
class ChosenLaw:
    """A law by its terms, `{left side: (term, ...)}`, and the share of the draws that chose it."""

    terms: Mapping[str, tuple[str, ...]]
    share: float

    def __str__(self) -> str:
        return "; ".join(f"{left} = {' + '.join(names) or '0'}" for left, names in self.terms.items())


@dataclass(frozen=True)
class Resampling:
    """What one ensemble of draws chose.

    `inclusion` is the share of draws with a term in their law, among those that had it and the terms of the
    best law as candidates, `{left side: {term: share}}`. `laws` are whole laws, the most frequent first.
    `coefficients` are mean and standard deviation over the draws that chose the same terms as the best law
    for that left side.
    """

    draws: int
    inclusion: Mapping[str, Mapping[str, float]]
    laws: tuple[ChosenLaw, ...]
    coefficients: Mapping[str, Mapping[str, tuple[float, float]]]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "draws": self.draws,
            "inclusion": {left: dict(terms) for left, terms in self.inclusion.items()},
            "laws": [
                {"terms": {left: list(names) for left, names in law.terms.items()}, "share": law.share}
                for law in self.laws
            ],
            "coefficients": {
                left: {name: {"mean": mean, "sd": sd} for name, (mean, sd) in terms.items()}
                for left, terms in self.coefficients.items()
            },
        }


@dataclass(frozen=True)
class Stability:
    """How often every term and every law is chosen when the search is repeated.

    `bootstrap` weighs blocks of test functions at random; `libraries` leaves every fifth candidate out at
    random; `scales` leaves every second size of test functions out. `best` holds the terms of the law whose
    stability it is, and `notes` what limits the answer.
    """

    best: Mapping[str, tuple[str, ...]]
    bootstrap: Resampling
    libraries: Resampling
    scales: Resampling
    notes: tuple[str, ...]

    @property
    def frequency(self) -> float:
        """Share of the bootstrap draws that chose the best law."""
        return next((law.share for law in self.bootstrap.laws if dict(law.terms) == dict(self.best)), 0.0)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "frequency": self.frequency,
            "bootstrap": self.bootstrap.to_dict(),
            "libraries": self.libraries.to_dict(),
            "scales": self.scales.to_dict(),
            "notes": list(self.notes),
        }

    @property
    def _ensembles(self) -> dict[str, Resampling]:
        found: dict[Kind, Resampling] = {
            "blocks": self.bootstrap,
            "terms": self.libraries,
            "scales": self.scales,
        }
        return {_WORDS[kind]: ensemble for kind, ensemble in found.items() if ensemble.draws}

    @property
    def _headline(self) -> str:
        return (
            f"The law was chosen in {self.frequency:.0%} of {self.bootstrap.draws} resamplings of the data."
        )

    def _terms(self) -> tuple[list[str], list[list[str]]]:
        ensembles, many = self._ensembles, len(self.best) > 1
        rows = []
        for left, own in self.best.items():
            shares = {
                name: [e.inclusion[left].get(name, 0.0) for e in ensembles.values()]
                for name in {n: None for e in ensembles.values() for n in (*own, *e.inclusion[left])}
            }
            order = sorted(shares, key=lambda name: (name not in own, -max(shares[name])))
            for name in order[: len(own) + 4]:
                if name in own or max(shares[name]) > 0.0:
                    mean, sd = self.bootstrap.coefficients[left].get(name, (np.nan, np.nan))
                    spread = f"{mean:.4g} ± {sd:.2g}" if np.isfinite(mean) else ""
                    label = f"{left}: {name}" if many else name
                    rows.append([label, *(f"{share:.0%}" for share in shares[name]), spread])
        return ["term", *ensembles, "coefficient"], rows

    def _laws(self) -> tuple[list[str], list[list[str]]]:
        rows = [[str(law), f"{law.share:.0%}"] for law in self.bootstrap.laws[:5]]
        return ["law", "chosen"], rows

    def __str__(self) -> str:
        lines = [self._headline, "", *text_table(*self._terms()), "", *text_table(*self._laws())]
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        terms, laws = html_table(*self._terms()), html_table(*self._laws())
        return f"<div><p>{self._headline}</p>{terms}{laws}<ul>{notes}</ul></div>"

    def plot(self) -> Figure:
        """Inclusion of every term as bars.

        Raises:
            DiscoveryError: if Matplotlib is not installed.
        """
        from .figures import draw_side_by_side

        many = len(self.best) > 1
        wanted = [
            (left, name)
            for left, terms in self.bootstrap.inclusion.items()
            for name, share in sorted(terms.items(), key=lambda item: -item[1])[:12]
            if share > 0 or name in self.best[left]
        ]
        labels = [f"{left}: {name}" if many else name for left, name in wanted]
        columns = {
            label: [ensemble.inclusion[left].get(name, 0.0) for left, name in wanted]
            for label, ensemble in self._ensembles.items()
        }
        return draw_side_by_side(labels, columns, "share of the draws whose law has the term")


def stability(
    evidence: Evidence,
    laws: Mapping[str, SideLaw],
    *,
    draws: int = 100,
    seed: int = 0,
    map: Map = map,
    progress: Callable[[float, str], None] | None = None,
) -> Stability:
    """Repeat the selection that led to a law; see `Discovery.stability`."""
    from threadpoolctl import threadpool_limits

    if not isinstance(draws, (int, np.integer)) or isinstance(draws, bool) or draws < 1:
        raise DiscoveryError(f"The number of draws is {draws!r}; give a whole number from 1 up, such as 100.")
    method = evidence.search.get("method", "weak")
    if method != "weak":
        raise DiscoveryError(
            f"The terms were chosen by {method}, and stability repeats the choice of the weak form; "
            "run pf.discover without `method`."
        )
    tell = progress or (lambda fraction, message: None)
    if any(isinstance(sample, Stored) for sample in evidence.samples):
        raise too_large("resampling it")
    tell(0.0, "preparing the resampling")
    boxes = partition(
        _widest([law.estimate.scale.regression.projection.scale for law in laws.values()]),
        len(evidence.samples),
    )
    known: dict[int, Sums] = {}
    sides = tuple(
        sketch(side, boxes, tuple(written(term) for term in laws[side.left].terms), known)
        for side in evidence.sides
    )
    count = {"blocks": int(draws), "terms": (int(draws) + 1) // 2, "scales": (int(draws) + 1) // 2}
    kinds: list[Kind] = [kind for kind in _WORDS for _ in range(count[kind])]
    seeds = np.random.SeedSequence(seed).spawn(len(kinds))
    tasks = [Draw(kind, one) for kind, one in zip(kinds, seeds, strict=True)]
    # Spread over the list, so that every portion takes about as long as the others.
    found: dict[int, tuple[Chosen, ...]] = {}
    with threadpool_limits(1):
        for portion in range(_PORTIONS):
            mine = list(range(portion, len(tasks), _PORTIONS))
            tell(portion / _PORTIONS, f"repeating the search, {len(found)} of {len(tasks)} times done")
            found |= dict(zip(mine, map(Drawing(sides), [tasks[i] for i in mine]), strict=True))
    tell(1.0, "done")
    results = {
        kind: _summary(laws, [found[i] for i, one in enumerate(tasks) if one.kind == kind]) for kind in _WORDS
    }
    return Stability(
        {left: _names(law, law.estimate.fit.support) for left, law in laws.items()},
        results["blocks"],
        results["terms"],
        results["scales"],
        _notes(boxes),
    )


def _widest(shares: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The half widths of the widest test functions among several scales, axis by axis."""
    return tuple(max(axis) for axis in zip(*shares, strict=True))


def _notes(boxes: Partition) -> tuple[str, ...]:
    said = [
        f"The data were resampled in {boxes.size} blocks. A draw repeats the climb from term to term; "
        "it does not sharpen the data under another law."
    ]
    if not boxes.apart:
        said.append(
            "The test functions are wide, so that blocks share samples with their neighbours: "
            "the law is less stable than it looks."
        )
    return tuple(said)


def _names(law: SideLaw, support: Sequence[int]) -> tuple[str, ...]:
    return tuple(written(law.terms[j]) for j in support)


def _summary(laws: Mapping[str, SideLaw], drawn: Sequence[tuple[Chosen, ...]]) -> Resampling:
    inclusion: dict[str, dict[str, float]] = {}
    coefficients: dict[str, dict[str, tuple[float, float]]] = {}
    for i, (left, law) in enumerate(laws.items()):
        mine = [chosen[i] for chosen in drawn]
        inclusion[left] = {}
        for j, term in enumerate(law.terms):
            needed = {j, *law.estimate.fit.support}
            offered = [chosen for chosen in mine if needed <= set(chosen.offered)]
            if offered:
                hits = sum(j in chosen.support for chosen in offered)
                inclusion[left][written(term)] = hits / len(offered)
        coefficients[left] = _spread(law, mine)
    whole = Counter(tuple(chosen.support for chosen in one) for one in drawn)
    return Resampling(
        len(drawn),
        inclusion,
        tuple(
            ChosenLaw(
                {
                    left: _names(law, support)
                    for (left, law), support in zip(laws.items(), supports, strict=True)
                },
                times / len(drawn),
            )
            for supports, times in whole.most_common()
        ),
        coefficients,
    )


def _spread(law: SideLaw, drawn: Sequence[Chosen]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of the coefficients, over the draws with the law's terms."""
    support = law.estimate.fit.support
    weights = [chosen.weights for chosen in drawn if chosen.support == support]
    if len(weights) < 2:
        return {}
    values = np.array(weights)
    found = {}
    for column, j in enumerate(support):
        term = law.terms[j]
        unit = law.factor(term) * share_of(term)
        spread = (float(values[:, column].mean()) * unit, float(values[:, column].std(ddof=1)) * abs(unit))
        if all(map(np.isfinite, spread)):
            found[written(term)] = spread
    return found
