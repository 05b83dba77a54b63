"""A server of Vault, as far as tokensyncd and its tests see one: tokens, policies, logins, mounts.

Answers are those that a real Vault 1.8 gave (tests/contracts/vault.json); `custom_metadata` is as
since 1.9. What is asked comes as (method, path after /v1/, headers, body) and goes as (status,
body, headers).
"""

import fnmatch
import re
import secrets
import time
import uuid

from kv import KvOne, KvTwo, OtherEngine, Refused, now

WRITES = {"POST", "PUT"}


def envelope(data=None, **more):
    return {"request_id": str(uuid.uuid4()), "lease_id": "", "renewable": False,
            "lease_duration": 0, "data": data, "wrap_info": None, "warnings": None, "auth": None,
            **more}


def seconds_of(text):
    match = re.fullmatch(r"(\d+)(ms|s|m|h)?", str(text))
    unit = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[match[2] or "s"]
    return float(match[1]) * unit


class Token:
    def __init__(self, policies, ttl=0.0, renewable=False, max_ttl=0.0, path="auth/token/create"):
        self.id = "s." + secrets.token_urlsafe(18)[:24]
        self.policies, self.ttl, self.renewable, self.path = policies, ttl, renewable, path
        self.created = time.monotonic()
        self.ends = self.created + ttl if ttl else None
        self.last = self.created + max_ttl if max_ttl else None
        self.unknown_for, self.known_at = 0, 0.0
        self.display, self.meta, self.accessor = "token", None, secrets.token_urlsafe(18)

    def alive(self):
        return self.ends is None or time.monotonic() < self.ends

    def left(self):
        return 0 if self.ends is None else max(0, round(self.ends - time.monotonic()))

    def renew(self, increment=None):
        self.ends = time.monotonic() + (increment or self.ttl)
        if self.last is not None:
            self.ends = min(self.ends, self.last)

    def auth(self):
        return {"client_token": self.id, "accessor": self.accessor, "policies": self.policies,
                "token_policies": self.policies, "metadata": self.meta,
                "lease_duration": self.left(), "renewable": self.renewable,
                "entity_id": str(uuid.uuid4()), "token_type": "service", "orphan": True}


class Vault:
    def __init__(self, old=False, namespaces=False, root="root"):
        self.old, self.namespaces = old, namespaces
        self.sealed = False
        self.cluster_id = str(uuid.uuid4())
        self.redirect = None      # standby: where its answers send one
        self.no_active = False    # standby that knows no active node
        # Standby with a copy of its own, which knows a login's token so many calls, or seconds, later.
        self.lag = 0
        self.lag_seconds = 0.0
        self.quota = None         # {"left": N, "retry_after": text or None}
        self.tokens = {}
        self.wrapped = {}         # wrapping token -> data, once
        self.roles = {}           # (auth mount, name) -> {...}
        self.policies = {"root": [], "default": []}
        self.trees = {}           # namespace -> mount -> engine
        self.add_token(Token(["root"]), root)
        self.mount("", "secret", 2)
        self.mount("", "kv1", 1)
        self.mount("", "transit", None)

    # -- what a test arranges ---------------------------------------------------------------------

    def mount(self, namespace, path, version):
        engine = {1: KvOne, None: OtherEngine}.get(version, lambda: KvTwo(self.old))()
        self.trees.setdefault(namespace, {})[path] = engine

    def add_token(self, token, name=None):
        token.id = name or token.id
        self.tokens[token.id] = token
        return token

    # -- one request ------------------------------------------------------------------------------

    def answer(self, method, path, headers, body, certificate=None):
        try:
            return self.route(method, path, headers, body, certificate)
        except Refused as refused:
            return refused.status, refused.body, refused.headers

    def route(self, method, path, headers, body, certificate):
        if path == "sys/health":
            return self.health()
        if self.sealed:
            login = path.startswith("auth/") and path.endswith("/login")
            before = "" if login else "error performing token check: "
            raise Refused(503, [before + "Vault is sealed"])
        if self.redirect:
            return 307, None, {"Location": self.redirect + "/v1/" + path}
        if self.no_active:
            raise Refused(503, ["local node not active but active cluster node not found"])
        self.take_from_quota(path)
        if body is None:
            raise Refused(400, ["error parsing JSON"])
        if path.startswith("auth/") and path.endswith("/login"):
            return self.login(path[5:-6], body, certificate)
        token_id = headers.get("x-vault-token", "")
        if path == "sys/wrapping/unwrap":
            return self.unwrap(token_id, body)
        if path == "sys/wrapping/lookup":
            return self.look_at_wrapping(body)
        token = self.authenticate(token_id)
        return self.for_token(method, path, headers, body, token)

    def for_token(self, method, path, headers, body, token):
        if path.startswith("auth/token/"):
            return self.own_token(path[11:], body, token)
        if path == "sys/capabilities-self":
            rights = {each: self.rights(token, each) for each in body["paths"]}
            first = rights[body["paths"][0]]
            return 200, envelope({"capabilities": first, **rights}, capabilities=first,
                                 **rights), {}
        namespace = headers.get("x-vault-namespace", "").strip("/") if self.namespaces else ""
        mounts = self.trees.setdefault(namespace, {})
        if path.startswith("sys/internal/ui/mounts/"):
            return self.look_up_mount(path[23:], mounts, token)
        wrapped = re.fullmatch(r"auth/([^/]+)/role/([^/]+)/secret-id(/destroy)?", path)
        if wrapped and wrapped[3]:
            self.roles[(wrapped[1], wrapped[2])]["secret_ids"].remove(body["secret_id"])
            return 204, None, {}
        if wrapped:
            return self.make_secret_id(wrapped, headers)
        if method in WRITES and path == "sys/seal":
            self.sealed = True
            return 204, None, {}
        name = next((one for one in sorted(mounts, key=len, reverse=True)
                     if path.startswith(one + "/")), None)
        if name is None:
            raise Refused(404, [f"no handler for route '{path}'"])
        engine, rest = mounts[name], path[len(name) + 1:]
        self.allow(token, path, self.need(method, engine, rest))
        try:
            status, said, lease = engine.handle(method, rest, body)
        except Refused as refused:
            if "data" in refused.body:
                refused.body = {**envelope(), **refused.body}
            raise
        if said is None:
            return status, None, {}
        return status, envelope(said["data"], lease_duration=lease), {}

    @staticmethod
    def need(method, engine, rest):
        if method in WRITES:
            return "update" if engine.exists(rest) else "create"
        return {"GET": "read", "DELETE": "delete", "PATCH": "patch"}.get(method, "sudo")

    def health(self):
        standby = self.sealed or bool(self.redirect) or self.no_active \
            or self.lag > 0 or self.lag_seconds > 0
        status = 503 if self.sealed else 429 if standby else 200
        said = {"initialized": True, "sealed": self.sealed, "standby": standby,
                "performance_standby": False,
                "replication_performance_mode": "unknown" if self.sealed else "disabled",
                "replication_dr_mode": "unknown" if self.sealed else "disabled",
                "server_time_utc": int(time.time()), "version": "1.8.0-dev"}
        if not self.sealed:
            said |= {"cluster_name": "vault-cluster-1", "cluster_id": self.cluster_id}
        return status, said, {}

    def take_from_quota(self, path):
        if self.quota is None:
            return
        self.quota["left"] -= 1
        if self.quota["left"] < 0:
            wait = self.quota.get("retry_after")
            raise Refused(429, [f'request path "{path}": rate limit quota exceeded'],
                          headers={"Retry-After": wait} if wait else {})

    # -- tokens and rights --------------------------------------------------------------------------

    def authenticate(self, token_id):
        if not token_id:
            raise Refused(400, ["missing client token"])
        token = self.tokens.get(token_id)
        if token is None or not token.alive():
            self.tokens.pop(token_id, None)
            raise Refused(403, ["permission denied"])
        if token.unknown_for > 0 or time.monotonic() < token.known_at:
            token.unknown_for -= 1
            raise Refused(403, ["permission denied"])
        return token

    def rights(self, token, path):
        if "root" in token.policies:
            return ["root"]
        granted = set()
        for policy in token.policies:
            for pattern, capabilities in self.policies.get(policy, []):
                if fnmatch.fnmatchcase(path, pattern.replace("+", "*")):
                    granted |= set(capabilities)
        return sorted(granted) or ["deny"]

    def allow(self, token, path, need):
        rights = self.rights(token, path)
        if rights != ["root"] and need not in rights:
            raise Refused(403, ["1 error occurred:\n\t* permission denied\n\n"])

    def own_token(self, what, body, token):
        if what == "lookup-self":
            ends = None if token.ends is None else now()
            return 200, envelope({
                "accessor": token.accessor, "creation_time": int(time.time()),
                "creation_ttl": int(token.ttl), "display_name": token.display,
                "entity_id": str(uuid.uuid4()), "expire_time": ends, "explicit_max_ttl": 0,
                "id": token.id, "issue_time": now(), "meta": token.meta, "num_uses": 0,
                "orphan": True, "path": token.path, "policies": token.policies,
                "renewable": token.renewable, "ttl": token.left(), "type": "service"}), {}
        if what == "renew-self":
            if not token.renewable:
                raise Refused(400, ["lease is not renewable"])
            token.renew(seconds_of(body["increment"]) if body.get("increment") else None)
            return 200, envelope(auth=token.auth()), {}
        if what == "revoke-self":
            del self.tokens[token.id]
            return 204, None, {}
        if what == "create" and "root" in token.policies:
            made = self.add_token(Token(["default", *body.get("policies", [])],
                                        seconds_of(body.get("ttl", 0)),
                                        body.get("renewable", True),
                                        seconds_of(body.get("explicit_max_ttl", 0))))
            return 200, envelope(auth=made.auth()), {}
        raise Refused(404, ["unsupported path"])

    # -- logins -------------------------------------------------------------------------------------

    def login(self, mount, body, certificate):
        kind = next((role["method"] for (at, _), role in self.roles.items() if at == mount), None)
        if kind is None:
            raise Refused(404, [f"no handler for route 'auth/{mount}/login'"])
        name, role = getattr(self, "by_" + kind)(mount, body, certificate)
        token = Token(["default", *role["policies"]], role["ttl"], role.get("renewable", True),
                      role.get("max_ttl", 0.0), f"auth/{mount}/login")
        token.display, token.meta = kind, {"role_name": name}
        token.unknown_for, token.known_at = self.lag, token.created + self.lag_seconds
        self.add_token(token)
        return 200, envelope(auth=token.auth()), {}

    def by_approle(self, mount, body, _certificate):
        for (at, name), role in self.roles.items():
            if at == mount and role["role_id"] == body.get("role_id"):
                if role.get("bound") and body.get("secret_id") not in role["secret_ids"]:
                    raise Refused(400, ["invalid secret id"])
                return name, role
        raise Refused(400, ["invalid role ID"])

    def by_jwt(self, mount, body, _certificate):
        role = self.roles.get((mount, body.get("role", "")))
        if role is None:
            raise Refused(400, ["role could not be found"])
        if body.get("jwt") != role["jwt"]:
            raise Refused(403, ["permission denied"])
        return body.get("role"), role

    def by_cert(self, mount, body, certificate):
        for (at, name), role in self.roles.items():
            wanted = at == mount and body.get("name", name) == name
            if wanted and certificate and role["common_name"] in certificate:
                return name, role
        raise Refused(400, ["invalid certificate or no client certificate supplied"])

    def make_secret_id(self, match, headers):
        role = self.roles[(match[1], match[2])]
        made = str(uuid.uuid4())
        role["secret_ids"].append(made)
        role["bound"] = True
        data = {"secret_id": made, "secret_id_accessor": str(uuid.uuid4()), "secret_id_ttl": 0}
        wrap = headers.get("x-vault-wrap-ttl")
        if not wrap:
            return 200, envelope(data), {}
        wrapping = "s." + secrets.token_urlsafe(18)
        self.wrapped[wrapping] = (data, time.monotonic() + seconds_of(wrap))
        info = {"token": wrapping, "accessor": secrets.token_urlsafe(18),
                "ttl": int(seconds_of(wrap)), "creation_time": now(),
                "creation_path": f"auth/{match[1]}/role/{match[2]}/secret-id"}
        return 200, {**envelope(), "request_id": "", "wrap_info": info}, {}

    def unwrap(self, token_id, body):
        data, ends = self.wrapped.pop(body.get("token") or token_id, (None, 0))
        if data is None or time.monotonic() > ends:
            raise Refused(400, ["wrapping token is not valid or does not exist"])
        return 200, envelope(data), {}

    def look_at_wrapping(self, body):
        _, ends = self.wrapped.get(body.get("token"), (None, 0))
        if time.monotonic() > ends:
            raise Refused(400, ["wrapping token is not valid or does not exist"])
        return 200, envelope({"creation_path": "auth/approle/role/tokensyncd/secret-id",
                              "creation_time": now(), "creation_ttl": 300}), {}

    def look_up_mount(self, path, mounts, token):
        name = next((one for one in sorted(mounts, key=len, reverse=True)
                     if (path + "/").startswith(one + "/")), None)
        granted = name is not None and ("root" in token.policies or any(
            pattern.startswith(name + "/") for policy in token.policies
            for pattern, _ in self.policies.get(policy, [])))
        if not granted:
            raise Refused(403, [f'preflight capability check returned 403, please ensure client\'s '
                                f'policies grant access to path "{path}/"'])
        engine = mounts[name]
        options = {"version": str(engine.version)} if engine.version else None
        return 200, envelope({
            "accessor": "kv_" + secrets.token_hex(4),
            "config": {"default_lease_ttl": 0, "force_no_cache": False, "max_lease_ttl": 0},
            "description": "key/value secret storage" if name == "secret" else "",
            "external_entropy_access": False, "local": False, "options": options,
            "path": name + "/", "seal_wrap": False, "type": "kv" if engine.version else name,
            "uuid": str(uuid.uuid4())}), {}
