"""Reports: a job's result as something to send to a colleague.

A finished job and a template from `templates/` go in; out come an executed notebook, which reruns wherever
the workspace is, and one HTML file, which needs no network. `discovery` holds the parts that its template is
made of; `law` and `numbers` print laws and uncertain numbers, here and on the command line.
"""

from ._render import render
from ._templates import names as templates

__all__ = ["render", "templates"]
