"""What works independent pieces of work out: the built-in `map`, or a cluster's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

#: Gives `[function(item) for item in items]`, in order; function and items may travel to other processes.
Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
