# Sourced by the programs beside it: sets `bench`, `python` and `target`, and goes to
# the repository's root. The Python peers are set up in bench/.venv on the first run
# (several GB: PyTorch brings GPU libraries along). BENCH_PYTHON names another
# environment to use.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$bench/.."

target=${CARGO_TARGET_DIR:-target}
python=${BENCH_PYTHON:-$bench/.venv/bin/python}
if [ -z "${BENCH_PYTHON:-}" ] && [ ! -e "$bench/.venv/complete" ]; then
    python3 -m venv "$bench/.venv"
    "$python" -m pip install --quiet -r "$bench/requirements.txt"
    touch "$bench/.venv/complete"
fi
