#!/usr/bin/env bash
# Builds the root file system of the container image: the program, the libraries that it is linked
# with, the authorities that it trusts, a user. It has no shell, no package manager, nothing to write to.
# usage: kubernetes/rootfs.sh PROGRAM DIRECTORY   (DIRECTORY must not exist yet)
set -euo pipefail

program=${1:?usage: $0 PROGRAM DIRECTORY}
root=${2:?usage: $0 PROGRAM DIRECTORY}
umask 022
# /lib64/ld-linux-x86-64.so.2 or /lib/ld-linux-aarch64.so.1
loader=$(readelf --wide --program-headers "$program" | sed -nE 's/.*program interpreter: (.+)\]$/\1/p')
triplet=${loader#*/ld-linux-}
triplet=${triplet%%.so*}
triplet=${triplet//x86-64/x86_64}-linux-gnu

skeleton() {
  mkdir "$root"
  mkdir -p "$root"/{dev,proc,sys,tmp,etc/tokensyncd,etc/ssl/certs,run/tokensyncd,run/timelines} \
    "$root"/usr/{bin,lib/ssl,lib64} "$root"/var/lib/{tokensyncd,dpkg/status.d}
  ln -s usr/bin usr/lib usr/lib64 "$root"
  printf '%s\n' root:x:0:0::/: tokensyncd:x:65532:65532::/: >"$root/etc/passwd"
  printf '%s\n' root:x:0: tokensyncd:x:65532: >"$root/etc/group"
  cp -L /etc/os-release "$root/etc/os-release"
}

# Only Debian's authorities: others that this machine's owner trusts don't belong in a public image.
authorities() {
  cp /usr/share/ca-certificates/mozilla/*.crt "$root/etc/ssl/certs"
  openssl rehash "$root/etc/ssl/certs"
  ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
  echo ca-certificates
}

# For the windows of rotation policies.
time_zones() {
  mkdir -p "$root/usr/share"
  cp -r /usr/share/zoneinfo "$root/usr/share"
  rm -rf "$root"/usr/share/zoneinfo/{right,posix}
  echo tzdata
}

# Prints the Debian package of a file. In a merged /usr, the file has two names; either may be known.
package_of() {
  { dpkg-query -S "/usr${1#/usr}" "${1#/usr}" 2>/dev/null || true; } |
    sed '/^diversion /d; s/: .*//' | sort -u | grep . ||
    { echo "$1: no package has it" >&2 && return 1; }
}

# Installs the libraries that the program is linked with, under the names that it asks for, and prints
# their packages: of the program's architecture, whichever this machine has. glibc resolves names by files
# and DNS without a further library or nsswitch.conf.
libraries() {
  local name file todo=("$program")
  local -A seen=([${loader##*/}]=yes)
  install -D "$loader" "$root/usr$loader"
  package_of "$loader"
  while ((${#todo[@]} > 0)); do
    mapfile -t names < <(readelf --dynamic "${todo[0]}" | sed -nE 's/.*\(NEEDED\).*\[(.+)\]$/\1/p')
    todo=("${todo[@]:1}")
    for name in "${names[@]}"; do
      if [[ -n ${seen[$name]:-} ]]; then continue; fi
      seen[$name]=yes
      file=/usr/lib/$triplet/$name
      install -D "$file" "$root$file"
      package_of "$file"
      todo+=("$file")
    done
  done
}

# Installs the packages' licences, and the list that vulnerability scanners read, as other such images do.
account_for() {
  local package
  while read -r package; do
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/${package%:*}"
    install -D -m 644 "/usr/share/doc/${package%:*}/copyright" "$root/usr/share/doc/${package%:*}/copyright"
  done
}

skeleton
install "$program" "$root/usr/bin/tokensyncd"
"$triplet-strip" "$root/usr/bin/tokensyncd"
{
  authorities
  libraries
  time_zones
} | sort -u | account_for
