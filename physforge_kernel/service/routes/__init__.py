"""The routes, one file for each thing they are about; each declares its policy."""

from fastapi import APIRouter

from . import about, datasets, jobs, reports, uploads, versions

ROUTERS: tuple[APIRouter, ...] = (
    about.router,
    datasets.router,
    versions.router,
    uploads.router,
    jobs.router,
    reports.router,
)

__all__ = ["ROUTERS"]
