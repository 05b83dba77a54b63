"""KV engines as Vault has them: what a path holds, and how it answers."""

import datetime

KEEP_VERSIONS = 10


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


class Refused(Exception):
    """An answer other than a success: a status, and errors or a whole body."""

    def __init__(self, status, errors=(), body=None, headers=None):
        super().__init__(status)
        self.status, self.headers = status, headers or {}
        self.body = {"errors": list(errors)} if body is None else body


class KvOne:
    """Version 1: a path holds an object, the last write wins."""

    version = 1

    def __init__(self):
        self.data = {}

    def handle(self, method, path, body):
        if method == "GET":
            if path not in self.data:
                raise Refused(404)
            return 200, {"data": self.data[path]}, 2764800
        if method in ("POST", "PUT"):
            self.data[path] = body
        elif method == "DELETE":
            self.data.pop(path, None)
        else:
            raise Refused(405, ["1 error occurred:\n\t* unsupported operation\n\n"])
        return 204, None, 0

    def exists(self, path):
        return path in self.data


class Secret:
    """All versions of one path of version 2, and its metadata."""

    def __init__(self):
        self.created = now()
        self.versions = {}  # number -> {data, created_time, deletion_time, destroyed}
        self.current = 0
        self.custom = None
        self.cas_required = False

    def add(self, data):
        self.current += 1
        self.versions[self.current] = {"data": data, "created_time": now(), "deletion_time": "",
                                       "destroyed": False}
        for number in sorted(self.versions)[:-KEEP_VERSIONS]:
            del self.versions[number]
        return self.versions[self.current]

    def about(self, number, old):
        version = self.versions[number]
        said = {key: version[key] for key in ("created_time", "deletion_time", "destroyed")}
        if not old:
            said["custom_metadata"] = self.custom
        return {**said, "version": number}


class KvTwo:
    """Version 2: each write is a version; `cas` says which one it is to follow."""

    version = 2

    def __init__(self, old):
        self.old = old  # as before Vault 1.9: no custom metadata
        self.secrets = {}
        self.cas_required = False
        self.upgrading = 0

    def handle(self, method, path, body):
        if self.upgrading > 0:
            self.upgrading -= 1
            raise Refused(400, ["Upgrading from non-versioned to versioned data. This backend will "
                                "be unavailable for a brief period and will resume service "
                                "shortly."])
        kind, _, rest = path.partition("/")
        if kind == "config" and not rest:
            return self.config(method, body)
        if kind not in ("data", "metadata", "delete", "undelete", "destroy") or not rest:
            raise Refused(404, body={"data": None, "warnings": [
                "Invalid path for a versioned K/V secrets engine. See the API docs for the "
                "appropriate API endpoints to use. If using the Vault CLI, use 'vault kv put' for "
                "this operation."]})
        return getattr(self, kind)(method, rest, body)

    def config(self, method, body):
        if method == "GET":
            return 200, {"data": {"cas_required": self.cas_required}}, 0
        self.cas_required = bool(body.get("cas_required", self.cas_required))
        return 204, None, 0

    def data(self, method, path, body):
        secret = self.secrets.get(path)
        if method == "GET":
            if secret is None or secret.current == 0:
                raise Refused(404)
            version = secret.versions[secret.current]
            gone = version["destroyed"] or version["deletion_time"]
            said = {"data": {"data": None if gone else version["data"],
                             "metadata": secret.about(secret.current, self.old)}}
            return 404 if gone else 200, said, 0
        if method in ("POST", "PUT"):
            return self.write(path, body)
        if method == "DELETE":
            if secret is not None and secret.current:
                secret.versions[secret.current]["deletion_time"] = now()
            return 204, None, 0
        raise Refused(405, ["1 error occurred:\n\t* unsupported operation\n\n"])

    def write(self, path, body):
        if not isinstance(body.get("data"), dict):
            raise Refused(400, ["no data provided"])
        options = body.get("options") or {}
        secret = self.secrets.get(path) or Secret()
        if "cas" not in options:
            if self.cas_required or secret.cas_required:
                raise Refused(400, ["check-and-set parameter required for this call"])
        elif options["cas"] != secret.current:
            raise Refused(400, ["check-and-set parameter did not match the current version"])
        self.secrets[path] = secret
        secret.add(body["data"])
        return 200, {"data": secret.about(secret.current, self.old)}, 0

    def metadata(self, method, path, body):
        secret = self.secrets.get(path)
        if method == "GET":
            if secret is None:
                raise Refused(404)
            return 200, {"data": self.metadata_of(secret)}, 0
        if method == "DELETE":
            self.secrets.pop(path, None)
            return 204, None, 0
        secret = self.secrets.setdefault(path, Secret())
        if not self.old and "custom_metadata" in body:
            entries = body["custom_metadata"] or {}
            if method == "PATCH":
                entries = {**(secret.custom or {}), **entries}
            if len(entries) > 64 or any(not isinstance(v, str) or len(v) > 512
                                        for v in entries.values()):
                raise Refused(400, ["custom_metadata validation failed"])
            secret.custom = entries
        secret.cas_required = bool(body.get("cas_required", secret.cas_required))
        return 204, None, 0

    def metadata_of(self, secret):
        said = {"cas_required": secret.cas_required, "created_time": secret.created,
                "current_version": secret.current, "delete_version_after": "0s",
                "max_versions": 0, "oldest_version": 0, "updated_time": now(),
                "versions": {str(number): {key: version[key] for key in
                                           ("created_time", "deletion_time", "destroyed")}
                             for number, version in secret.versions.items()}}
        if not self.old:
            said["custom_metadata"] = secret.custom
        return said

    def each_version(self, path, body):
        secret = self.secrets.get(path)
        for number in body.get("versions", []):
            if secret is not None and number in secret.versions:
                yield secret.versions[number]

    def delete(self, _method, path, body):
        for version in self.each_version(path, body):
            version["deletion_time"] = now()
        return 204, None, 0

    def undelete(self, _method, path, body):
        for version in self.each_version(path, body):
            version["deletion_time"] = ""
        return 204, None, 0

    def destroy(self, _method, path, body):
        for version in self.each_version(path, body):
            version["destroyed"], version["data"] = True, None
        return 204, None, 0

    def exists(self, path):
        kind, _, rest = path.partition("/")
        return rest in self.secrets


class OtherEngine:
    """Something that isn't KV, such as transit."""

    version = None

    def handle(self, _method, _path, _body):
        raise Refused(404, ["1 error occurred:\n\t* unsupported path\n\n"])

    def exists(self, _path):
        return False
