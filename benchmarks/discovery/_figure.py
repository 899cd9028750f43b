"""Success against noise, ours and the peers', on the laws that all of them can state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from _summary import ORDINARY, Group

Share = Callable[[Group], tuple[int, int]]

LINES: dict[str, tuple[str, str, Share]] = {
    "ours, right": ("C0", "-", lambda g: (g.right, len(g.runs))),
    "ours, identified and right": ("C0", "--", lambda g: (g.found, len(g.runs))),
    "PySINDy weak, best settings by the truth": ("C1", "-", lambda g: _of_peer(g, "oracle")),
    "PySINDy weak, ensemble": ("C2", "-", lambda g: _of_peer(g, "ensemble")),
    "PySINDy weak, defaults": ("C3", "-", lambda g: _of_peer(g, "weak")),
}


def draw(found: Sequence[Group], path: Path) -> bool:
    """Draw what peers were measured on, at levels that most laws have; return whether anything was drawn."""
    compared = [g for g in found if g.peers and not any("absent" in result for result in _results(g))]
    if not compared:
        return False
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    settings: Any = {"svg.hashsalt": "physforge", "svg.fonttype": "none", "font.size": 9}
    with matplotlib.rc_context(settings):
        figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True, layout="constrained")
        for ax, title in zip(axes, ("fields", "trajectories"), strict=True):
            mine = [group for group in compared if _is_path(group) == (title == "trajectories")]
            laws = Counter(group.noise for group in mine)
            levels = sorted(level for level in laws if laws[level] > max(laws.values()) / 2)
            for label, (colour, style, share) in LINES.items():
                rates = []
                for level in levels:
                    pairs = [share(group) for group in mine if group.noise == level]
                    rates.append(100 * sum(p for p, _ in pairs) / max(sum(w for _, w in pairs), 1))
                ax.plot(range(len(levels)), rates, style, color=colour, marker="o", ms=3.5, label=label)
            ax.set_xticks(range(len(levels)), [f"{100 * level:g} %" for level in levels])
            ax.set(title=f"{title}: {len({g.law for g in mine})} laws", xlabel="noise")
            ax.set_ylim(-3, 103)
            ax.spines[["top", "right"]].set_visible(False)
        axes[0].set_ylabel("runs, %")
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return True


def _is_path(group: Group) -> bool:
    return group.source == "dysts" or group.law in ORDINARY


def _of_peer(group: Group, name: str) -> tuple[int, int]:
    results = [row[name] for row in group.peers]
    return sum(result.get("right", False) for result in results), len(results)


def _results(group: Group) -> list[dict[str, object]]:
    return [result for row in group.peers for result in row.values() if isinstance(result, dict)]
