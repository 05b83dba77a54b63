# shellcheck shell=bash
# What a script needs a part of whose tests run as root; to be sourced.

# as_root WHAT COMMAND…
# Runs a command as root, with mounts and processes of its own, all of which end with it, however it
# ends, and within a quarter of an hour. Where nobody may be root WHAT is skipped, but not in CI.
# `as_root_in` and `unshared` are for what goes before it, and for what more is to be its own.
as_root_in=()
unshared=()
as_root() {
  local what=$1 sudo=() status=0
  shift
  if ((EUID != 0)); then
    if ! sudo -n true 2>/dev/null; then
      echo "SKIPPED: $what need root, or sudo without a password"
      [[ ${CI:-} != true ]]
      return
    fi
    sudo=(sudo -n)
  fi
  # SIGKILL, as the first process of a PID namespace doesn't hear others.
  "${sudo[@]}" env PYTHONDONTWRITEBYTECODE=1 "TOKENSYNCD_BUILD=${TOKENSYNCD_BUILD:-}" \
    "${as_root_in[@]}" timeout --signal=KILL 15m \
    unshare --mount --pid --fork --kill-child --mount-proc "${unshared[@]}" -- "$@" || status=$?
  if ((status == 137)); then echo "$what took longer than 15 minutes, or were killed" >&2; fi
  return "$status"
}
