#!/usr/bin/env python3
"""Says in CycloneDX of which Debian packages a program is made: a bill of materials for scanners.

What is compiled in comes from the compiler's own record of the headers and archives that it read, what is
linked from the program's header, what an image adds from its list of packages. So nobody keeps a list.

usage: sbom.py BUILD_DIRECTORY ARTIFACT [ROOT]   to standard output; with the image's root file system,
       of all that is in there
SOURCE_DATE_EPOCH in the environment is its time. Source: cyclonedx.org/docs/1.6/json
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

PROJECT = pathlib.Path(__file__).resolve().parents[2]
FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version")


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def owners(files):
    """The packages that have files, by the name that dpkg knows them by. In a merged /usr a file has two
    names, and dpkg knows one."""
    names = {name for file in files for name in (file, file.removeprefix("/usr"))}
    said = subprocess.run(["dpkg-query", "-S", *sorted(names)], capture_output=True, text=True, check=False)
    return {line.rpartition(": ")[0] for line in said.stdout.splitlines() if not line.startswith("diversion ")}


def compiled_in(build):
    """Packages whose headers are in the program, as ninja keeps it from the compiler."""
    read = set()
    for record in output("ninja", "-C", build, "-t", "deps").split("\n\n"):
        target = record.partition(": ")[0]
        # A newer CMake keeps what the linker read, too.
        if target.endswith((".o", ".gch")) and not target.startswith(("tests/", "bench/")):
            read.update(os.path.realpath(line.strip()) for line in record.splitlines()[1:])
    return owners(file for file in read if file.startswith("/usr/"))


def linked(program):
    """Packages of the shared libraries that the program names."""
    header = output("readelf", "--wide", "--dynamic", "--program-headers", program)
    loader = re.search(r"interpreter: (\S+)\]", header)[1]
    triplet = re.search(r"ld-linux-([^.]+)", loader)[1].replace("x86-64", "x86_64") + "-linux-gnu"
    return owners(os.path.realpath(f"/usr/lib/{triplet}/{name}")
                  for name in re.findall(r"\(NEEDED\).*\[(.+)\]", header))


def facts(packages):
    """Each package's FIELDS."""
    text = output("dpkg-query", "-W", "-f", "".join(f"${{{it}}} " for it in FIELDS) + "\n", *sorted(packages))
    return [dict(zip(FIELDS, line.split())) for line in text.splitlines()]


def component(fact, how, distribution):
    name, version, architecture = (fact[it] for it in FIELDS[:3])
    place = f"{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe=':~')}"
    purl = f"pkg:deb/debian/{place}?arch={architecture}&distro={distribution}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "properties": [{"name": "tokensyncd:how", "value": how},
                           {"name": "debian:source",
                            "value": f"{fact['source:Package']} {fact['source:Version']}"}]}


def packages_of(image):
    """Those of the image's list, by name and architecture."""
    for status in sorted((image / "var/lib/dpkg/status.d").iterdir()):
        yield f"{status.name}:{re.search('^Architecture: (.+)$', status.read_text(), re.MULTILINE)[1]}"


def components(build, image):
    release = re.search(r'VERSION_ID="?(\d+)|$', pathlib.Path("/etc/os-release").read_text())[1]
    distribution = f"debian-{release or 'unstable'}"
    shared = linked(build / "daemon/tokensyncd")
    found = {"linked": facts(shared), "compiled in": facts(compiled_in(build))}
    if image:
        names = {it.partition(":")[0] for it in shared}
        found["in the image"] = [it for it in facts(packages_of(image)) if it["Package"] not in names]
    return [component(fact, how, distribution) for how, all_of_it in found.items() for fact in all_of_it]


def document(build, artifact, image):
    version = re.search(r"project\(tokensyncd VERSION ([\d.]+)", (PROJECT / "CMakeLists.txt").read_text())[1]
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    parts = components(build, image)
    content = {
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
                     "component": {"type": "application", "bom-ref": artifact, "name": "tokensyncd",
                                   "version": version}},
        "components": parts,
        "dependencies": [{"ref": artifact, "dependsOn": [it["bom-ref"] for it in parts]}],
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX",
            "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1, **content}


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.split("\n\n", 2)[-1])
    build_directory, name, *root = sys.argv[1:]
    print(json.dumps(document(pathlib.Path(build_directory), name, pathlib.Path(root[0]) if root else None),
                     indent=1))
