#!/usr/bin/env bash
# The demo: the daemon against the stand-in over TLS, one rotation, and what it looks like from
# outside. Ends with 0 only when everything happened and no token was shown.
# usage: tests/sandbox/demo.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=$(realpath "${1:?usage: $0 BUILD_DIRECTORY}")
program=$build/daemon/tokensyncd
work=$(mktemp -d /tmp/tokensyncd-demo.XXXXXX)
workspaces=(aurora bakery cobalt delta ember)
rotated=cobalt

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf '\ndemo failed: %s\n' "$*" >&2
  tail -n 20 "$work/daemon.log" >&2 || true
  exit 1
}

# within SECONDS COMMAND…: until it succeeds.
within() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

stop() {
  local pid
  for pid in "${daemon:-}" "${sandbox:-}"; do
    if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; fi
  done
}

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 20); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}
shown() { "$program" "$@" --config "$work/tokensyncd.yaml"; }
current_token() { curl -fsS "$control/control/workspaces/$1" | field token; }
holds_current_token() { cmp -s "$work/tokens/$1" <(current_token "$1" | tr -d '\n'); }
listing() { (cd "$work/tokens" && stat -c '%A  %s bytes  %n' -- *); }

start_sandbox() {
  (umask 077; head -c 24 /dev/urandom | base64 >"$work/partner-secret")
  "$build/tests/sandbox/tokensyncd-sandbox" --certificates "$work/tls" --with-tokens \
    --partner-secret-file "$work/partner-secret" --set 'rotated_at_on_get="last"' \
    --workspaces "$(IFS=,; echo "${workspaces[*]}")" >"$work/sandbox.json" &
  sandbox=$!
  within 10 test -s "$work/sandbox.json" || fail "the stand-in doesn't start"
  control=$(field control_url <"$work/sandbox.json")
}

write_configuration() {
  mkdir -m 700 "$work/tokens"
  port=$(free_port)
  cat >"$work/tokensyncd.yaml" <<END
version: 1
partner:
  id: acme
  secret_file: partner-secret
  api_url: $(field api_url <"$work/sandbox.json")
  tls: {ca_file: tls/ca.pem}
poll: {interval: 1s}
workspaces:
$(printf '  - id: %s\n' "${workspaces[@]}")
sinks:
  files: {type: file, path: "tokens/{workspace}", mode: "0640"}
admin: {listen: ["127.0.0.1:$port"], socket: control.sock}
state: {type: sqlite, file: state.db}
audit: {file: audit.jsonl}
log: {format: json}
END
}

demo() {
  trap stop EXIT
  say "A stand-in for the Partner API, with TLS and ${#workspaces[@]} workspaces"
  start_sandbox
  cat "$work/sandbox.json"

  say "The configuration"
  write_configuration
  cat "$work/tokensyncd.yaml"
  shown check >"$work/check.txt" || fail "check refuses it"

  say "tokensyncd run, until every token is in its file"
  "$program" run --config "$work/tokensyncd.yaml" >"$work/daemon.log" 2>&1 &
  daemon=$!
  shown status --wait 30s || fail "not everything came in sync"
  listing
  for id in "${workspaces[@]}"; do
    holds_current_token "$id" || fail "the file of $id doesn't hold its token"
    current_token "$id" >>"$work/canaries"
  done

  say "$rotated's token is rotated at the API; the old one stops at once"
  local began inode=$(($(stat -c %i "$work/tokens/$rotated")))
  began=$(date +%s%N)
  curl -fsS -X POST "$control/control/workspaces/$rotated/rotate" -o /dev/null
  within 10 holds_current_token "$rotated" || fail "the new token didn't arrive"
  printf 'The new token was in its file after %d ms (poll interval: 1 s).\n' \
    $((($(date +%s%N) - began) / 1000000))
  [[ $(stat -c %i "$work/tokens/$rotated") != "$inode" ]] || fail "the file was written in place"
  current_token "$rotated" >>"$work/canaries"
  shown status --wait 10s || fail "not everything is in sync"
  listing

  say "What Prometheus sees"
  curl -fsS "http://127.0.0.1:$port/metrics" >"$work/metrics.txt"
  grep -E "^tokensyncd_(build_info|workspaces.*ok|sink_out_of_sync|sink_in_sync.*$rotated|token_generation|sink_writes_total.*written|source_polls_total.*changed|token_rotations_total.*$rotated.*poll)" \
    "$work/metrics.txt"
  grep -qE "^tokensyncd_token_generation\{workspace=\"$rotated\"\} 2" "$work/metrics.txt" ||
    fail "the metrics don't show the rotation"
  printf 'readyz: %s\n' "$(curl -fsS "http://127.0.0.1:$port/readyz")"

  say "What the audit file says of it"
  grep "\"$rotated\"" "$work/audit.jsonl" | tail -n 2 || fail "the audit doesn't show the rotation"

  say "SIGTERM: it finishes and leaves"
  kill -TERM "$daemon"
  wait "$daemon" || fail "it ended with $?"
  daemon=
  listing
}

demo 2>&1 | tee "$work/transcript"

# The canaries: every token that there was, and the Partner Secret, against all that was written.
[[ $(wc -l <"$work/canaries") -gt ${#workspaces[@]} ]] || fail "no tokens to look for"
cat "$work/partner-secret" >>"$work/canaries"
for written in transcript daemon.log check.txt metrics.txt audit.jsonl state.db; do
  ! grep -aqFf "$work/canaries" "$work/$written" || fail "a secret is in $written"
done
printf '\nNo token and no key in the output, log, audit, metrics and state. The demo worked.\n'
rm -rf "$work"
