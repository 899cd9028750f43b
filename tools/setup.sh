#!/usr/bin/env bash
# Makes .venv: an editable install of PhysForge with the pinned versions of constraints.txt. `tools/setup.sh hub` brings
# what the lab needs, `tools/setup.sh hub,test,docs` what tests, checks and documentation need too.
# Called by `make`, which skips it while nothing has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

extras=$1

complain() { printf 'make setup: %s\n' "$*" >&2; exit 1; }

new_enough() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local name
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || complain "PYTHON=$PYTHON is no Python 3.11 or newer."
        command -v "$PYTHON"
        return
    fi
    for name in python3.11 python3 python3.12 python3.13 python3.14 python; do
        if new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    complain "no Python 3.11 or newer was found. On Debian and Ubuntu: sudo apt-get install python3 python3-venv" \
        "(Ubuntu 22.04: python3.11 python3.11-venv). Or name one: make setup PYTHON=/path/to/python3.12"
}

# An environment cannot be moved: one that was made elsewhere, or by a Python that has gone, is made anew.
if ! { new_enough .venv/bin/python && [ "$(cat .venv/set-up 2>/dev/null || pwd)" = "$(pwd)" ]; }; then
    rm -rf .venv
fi

if [ ! -x .venv/bin/pip ]; then
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        complain "$python cannot make a virtual environment." \
            "On Debian and Ubuntu: sudo apt-get install python${version}-venv"
    fi
    printf 'Making .venv with %s (Python %s)\n' "$python" "$version"
    "$python" -m venv --clear .venv
fi

[ "$extras" = hub ] && what='PhysForge and what it needs' || what='what tests, checks and documentation need'
printf 'Installing %s (the first time takes some minutes)\n' "$what"
.venv/bin/python -m pip install --disable-pip-version-check --quiet \
    --constraint constraints.txt --editable ".[$extras]"
pwd > .venv/set-up
[ "$extras" = hub ] || pwd > .venv/set-up-to-develop
