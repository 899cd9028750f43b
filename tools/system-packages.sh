#!/usr/bin/env bash
# Brings what the tests need from outside Python: a Chromium, and a library that Node.js (which drives it, and checks
# types) is linked to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

have_browser() {
    local name
    if [ -n "${PHYSFORGE_CHROMIUM:-}" ]; then
        [ -x "$PHYSFORGE_CHROMIUM" ] && return
        printf 'make test: PHYSFORGE_CHROMIUM=%s is no program.\n' "$PHYSFORGE_CHROMIUM" >&2
        exit 1
    fi
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

have_node() { .venv/bin/python -m playwright --version >/dev/null 2>&1; }

if have_browser && have_node; then
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root=(env)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    as_root=()
fi

if [ ${#as_root[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    printf 'Installing chromium and libatomic1, which the tests need\n'
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core libatomic1 >/dev/null || true
fi

if ! have_browser || ! have_node; then
    printf '%s\n' 'make test: the tests need Chromium and libatomic1, and they could not be installed from here.' \
        'On Debian: sudo apt-get install chromium fonts-dejavu-core libatomic1' \
        'Elsewhere: install libatomic and Chromium or Chrome, and run: PHYSFORGE_CHROMIUM=/path/to/it make test' >&2
    exit 1
fi
