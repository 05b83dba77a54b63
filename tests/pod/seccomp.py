"""What a runtime lets a container ask of the kernel where its manifest says RuntimeDefault: the profile
of CRI-O and Podman, as Debian's golang-github-containers-common has it."""

import functools
import json
import platform

from manifests import ROOT

PROFILE = ROOT / "build/pod/seccomp.json"  # tests/pod/run puts it there
ARCHITECTURES = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}


@functools.cache
def runtime_default():
    """In runc's words, for a container without capabilities on a machine like this one."""
    profile = json.loads(PROFILE.read_text())
    ours, name = ARCHITECTURES[platform.machine()]
    others = next(each["subArchitectures"] for each in profile["archMap"]
                  if each["architecture"] == name)
    return {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
            "architectures": [name, *others],
            "syscalls": [_rule(each) for each in profile["syscalls"] if _holds(each, ours)]}


def _holds(rule, architecture):
    included, excluded = rule["includes"], rule["excludes"]
    assert included.keys() | excluded.keys() <= {"arches", "caps"}, "others aren't known here"
    return (architecture in included.get("arches", [architecture]) and "caps" not in included
            and architecture not in excluded.get("arches", []))


def _rule(rule):
    return {key: rule[key] for key in ("names", "action", "errnoRet", "args") if rule.get(key)}
