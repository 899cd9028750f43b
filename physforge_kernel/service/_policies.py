"""The desks that routes ask for, by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from ._policy import Anyone, Desk, Needs

SignedIn = Annotated[Desk, Depends(Needs())]
DatasetsRead = Annotated[Desk, Depends(Needs("datasets:read"))]
DatasetsWrite = Annotated[Desk, Depends(Needs("datasets:write"))]
JobsRead = Annotated[Desk, Depends(Needs("jobs:read"))]
JobsSubmit = Annotated[Desk, Depends(Needs("jobs:submit"))]
ReportsRead = Annotated[Desk, Depends(Needs("reports:read"))]
ReportsPublish = Annotated[Desk, Depends(Needs("reports:publish"))]
Admin = Annotated[Desk, Depends(Needs("admin"))]

OPEN = Depends(Anyone())
