"""Reads an image archive as a registry's client does: the OCI image layout in a tar.
Source: github.com/opencontainers/image-spec, image-layout.md, image-index.md, manifest.md
"""

import gzip
import hashlib
import io
import json
import platform
import tarfile

# It is ours, with links to absolute paths. Debian 12's Python has no filters yet.
TRUSTED = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Archive:
    def __init__(self, path):
        self.path = path
        (image,) = json.loads(self.file("index.json"))["manifests"]
        self.manifests = {each["platform"]["architecture"]: each
                          for each in self.described(image)["manifests"]}

    def file(self, name):
        with tarfile.open(self.path) as tar:
            return tar.extractfile(f"./{name}").read()

    def blob(self, descriptor):
        """What a descriptor names, when size and digest are as it says."""
        kind, digest = descriptor["digest"].split(":")
        content = self.file(f"blobs/{kind}/{digest}")
        if len(content) != descriptor["size"] or hashlib.new(kind, content).hexdigest() != digest:
            raise ValueError(f"{digest} isn't what its descriptor says")
        return content

    def described(self, descriptor):
        return json.loads(self.blob(descriptor))

    def unpack(self, to):
        """The files for this machine, below a new directory `to`; returns the image's config."""
        manifest = self.described(self.manifests[ARCHITECTURES[platform.machine()]])
        config = self.described(manifest["config"])
        for layer, plain in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            content = gzip.decompress(self.blob(layer))
            if f"sha256:{hashlib.sha256(content).hexdigest()}" != plain:
                raise ValueError(f"the layer isn't {plain}")
            with tarfile.open(fileobj=io.BytesIO(content)) as files:
                files.extractall(to, numeric_owner=True, **TRUSTED)
        return config["config"]
