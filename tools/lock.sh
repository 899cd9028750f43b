#!/usr/bin/env bash
# Writes constraints.txt anew: the newest versions that pyproject.toml allows, resolved in an environment of their own.
# Run it with the oldest Python that must work, `make lock PYTHON=/usr/bin/python3.11` on Debian 12 (3.11.2), since
# packages drop old ones; run the tests after it, since a pin says that this version was tested.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-.venv/bin/python}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --disable-pip-version-check --quiet '.[hub,test,docs,benchmarks]'
{
    printf '%s\n' '# The versions that the tests ran with, on Python 3.11. Written by `make lock`.'
    "$scratch/venv/bin/python" -m pip freeze --exclude physforge | sed 's/+cpu$//' | LC_ALL=C sort -f
} > "$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
