"""The root file system that machines are made from: a minimal Debian, of the release that this one is,
with systemd and what the package depends on. Made once for one list of packages, and kept below
build/."""

import hashlib
import pathlib
import platform
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / "build/host"
SUITE = platform.freedesktop_os_release()["VERSION_CODENAME"]
PACKAGES = ["systemd", "systemd-sysv", "dbus", "polkitd", "logrotate"]
# The stand-in brings its libraries, so that none of the package's dependencies is there for its
# sake; these are of the root itself.
OF_THE_ROOT = re.compile(r"/(ld-linux|libc\.|libm\.|libpthread\.)")


def depends(package):
    """The names in the package's Depends, the first of alternatives."""
    said = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True,
                          capture_output=True, text=True).stdout
    return [re.match(r"[a-z0-9.+-]+", each.strip()).group() for each in said.split(",")]


def base_root(package):
    packages = sorted({*PACKAGES, *depends(package)})
    key = hashlib.sha256(" ".join([SUITE, *packages]).encode()).hexdigest()[:12]
    root = KEPT / f"root-{key}"
    if not root.is_dir():
        print(f"A root of {SUITE} with {', '.join(packages)}: a minute or two", flush=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        # Roots of other lists, one that was broken off, runs that were killed.
        for old in KEPT.glob("r*-*"):
            shutil.rmtree(old)
        begun = KEPT / "root-begun"
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase",
                        '--aptopt=Acquire::Retries "3"', "--include=" + ",".join(packages),
                        SUITE, begun], check=True, timeout=600)
        begun.rename(root)
    return root


def stand_in(build):
    """A folder with the stand-in for the API and its libraries."""
    folder = KEPT / "stand-in"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = build / "tests/sandbox/tokensyncd-sandbox"
    shutil.copy(program, folder)
    needed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    for library in re.findall(r"=> (/\S+)", needed):
        if not OF_THE_ROOT.search(library):
            shutil.copy(library, folder)
    return folder


def package_as(version, build, package):
    """`package` again under another version number, as if it had been released before."""
    folder = KEPT / "packages"
    theirs = package.name.split("_")[1]
    made = folder / package.name.replace(theirs, f"{version}-{theirs.partition('-')[2]}")
    if not made.exists() or made.stat().st_mtime < package.stat().st_mtime:
        command = ["cpack", "-G", "DEB", "-B", folder, "-D", f"CPACK_PACKAGE_VERSION={version}"]
        subprocess.run(command, cwd=build, check=True, capture_output=True)
    return made
