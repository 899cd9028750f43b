"""What Prometheus is told of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..workspace._job_views import JOB_STATES

if TYPE_CHECKING:
    from ._streams import Streams

_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)


class Metrics:
    """The counts of one application, in a registry of its own."""

    def __init__(self, streams: Streams) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "physforge_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "physforge_request_seconds",
            "Time to the start of an answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._jobs = Gauge("physforge_jobs", "Jobs on record, by state.", ("state",), registry=registry)
        open_streams = Gauge("physforge_event_streams", "Event streams that are open.", registry=registry)
        open_streams.set_function(lambda: streams.open)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is a route's template, so that there are as many as routes."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, jobs: Mapping[str, int]) -> bytes:
        """Return everything in Prometheus' own format."""
        for state in JOB_STATES:
            self._jobs.labels(state).set(jobs.get(state, 0))
        return generate_latest(self._registry)
