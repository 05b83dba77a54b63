#!/usr/bin/env bash
# The root file system of the container image: the program, the libraries that it is linked with, the
# authorities that it trusts, a user. No shell, no package manager, nothing to write to.
# usage: kubernetes/rootfs.sh PROGRAM DIRECTORY   (which must not be there yet)
set -euo pipefail

program=${1:?usage: $0 PROGRAM DIRECTORY}
root=${2:?usage: $0 PROGRAM DIRECTORY}
umask 022

skeleton() {
  mkdir "$root"
  mkdir -p "$root"/{dev,proc,sys,tmp,etc/tokensyncd,etc/ssl/certs,run/tokensyncd,run/timelines} \
    "$root"/usr/{bin,lib/ssl,lib64} "$root"/var/lib/{tokensyncd,dpkg/status.d}
  ln -s usr/bin usr/lib usr/lib64 "$root"
  printf '%s\n' root:x:0:0::/: tokensyncd:x:65532:65532::/: >"$root/etc/passwd"
  printf '%s\n' root:x:0: tokensyncd:x:65532: >"$root/etc/group"
  cp -L /etc/os-release "$root/etc/os-release"
}

# Debian's own alone: what this machine's owner trusts besides is not for everybody.
authorities() {
  cp /usr/share/ca-certificates/mozilla/*.crt "$root/etc/ssl/certs"
  openssl rehash "$root/etc/ssl/certs"
  ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
  echo ca-certificates
}

# The Debian package that a file is from, by either of the names that it has in a merged /usr.
package_of() {
  { dpkg-query -S "/usr$1" || dpkg-query -S "$1"; } 2>/dev/null | sed 's/:.*//' ||
    { echo "$1: no package has it" >&2 && return 1; }
}

# What the program is linked with, under the names that it asks for. glibc looks names up in files and
# by DNS without a library or nsswitch.conf. Prints the packages.
libraries() {
  local library
  ldd "$program" | sed -nE 's/^[^/]*(\/[^ ]+) .*/\1/p' | sed 's|^/usr/|/|' | while read -r library; do
    install -D "$library" "$root/usr$library"
    package_of "$library"
  done
}

# Their licences, and what a scanner for vulnerabilities looks for, as in other images of this kind.
account_for() {
  local package
  while read -r package; do
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
    install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  done
}

skeleton
install "$program" "$root/usr/bin/tokensyncd"
strip "$root/usr/bin/tokensyncd"
{
  authorities
  libraries
} | sort -u | account_for
