#!/usr/bin/env bash
# Builds the Lab extension from extension/src into extension/physforge_lab/labextension, which is committed:
# whoever only uses PhysForge needs no Node.js. Checks its types and its format, and runs its Jest tests, first.
# Called by `make extension`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../extension"

complain() { printf 'make extension: %s\n' "$*" >&2; exit 1; }

needed=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' package.json)
found=$(node --version 2>/dev/null) || complain "building the extension needs Node.js $needed or newer, and there" \
    "is none. Using PhysForge needs none: the built extension is in the checkout."
oldest=$(printf '%s\n%s\n' "$needed" "${found#v}" | sort -V | head -n 1)
[ "$oldest" = "$needed" ] || complain "building the extension needs Node.js $needed or newer, and this is ${found#v}."
[ -x ../.venv/bin/jlpm ] || complain "there is no .venv/bin/jlpm. Run: make setup"

PATH="$PWD/../.venv/bin:$PATH"
printf 'Fetching what the build needs (the first time takes some minutes)\n'
jlpm install --immutable >.install.log 2>&1 || {
    tail -n 20 .install.log >&2
    complain "what the build needs could not be fetched."
}
rm .install.log
jlpm check
jlpm test
rm -rf lib tsconfig.tsbuildinfo
jlpm build
python ../tools/extension_record.py

# An editable install holds a copy: it is brought up to date, so that the next Lab shows what was built.
installed=../.venv/share/jupyter/labextensions/physforge-lab
if [ -d "$installed" ]; then
    rm -rf "$installed"
    cp -R physforge_lab/labextension "$installed"
    cp install.json "$installed"
fi
printf 'extension/physforge_lab/labextension is up to date: commit it with its sources.\n'
