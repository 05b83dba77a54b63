#!/usr/bin/env bash
# GCC, GNU ld and glibc of Debian 12 (amd64): no program that is linked there is marked for Intel CET,
# whatever it is compiled with, and nothing says so.
#
# `-fcf-protection=full` puts the instructions and the mark (IBT and SHSTK in .note.gnu.property) into each
# object. The linker keeps the mark for the program only if every input has it. glibc's start files
# (Scrt1.o, crti.o, crtn.o), which every program is linked with, have none in Debian's libc6-dev. So the
# flag costs its instructions, a check of the build's flags sees it there, and whatever goes by the
# program's mark finds none.
#
# Seen: the object has IBT and SHSTK, the program has neither, the link succeeds without a word.
# `-Wl,-z,cet-report=warning` names the three files. Linked without start files, the mark stays.
# A guard in a project: look at the objects (readelf --notes), not at the program, if Debian is a target.
set -euo pipefail

[[ $(dpkg --print-architecture) == amd64 ]] || { echo "needs amd64"; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
cd "$scratch"
pinned=(libc6-dev=2.36-9+deb12u14 libc6=2.36-9+deb12u14 binutils-x86-64-linux-gnu=2.40-2
  libgcc-12-dev=12.2.0-14+deb12u1)
apt-get download -qq "${pinned[@]}" 2>apt.log || { cat apt.log; exit 2; }
for each in *.deb; do dpkg-deb -x "$each" root; done
start=root/usr/lib/x86_64-linux-gnu
begin=root/usr/lib/gcc/x86_64-linux-gnu/12
command -v gcc ld >/dev/null || { echo "needs gcc and binutils"; exit 2; }

echo 'int main(void) { return 0; }' >main.c
gcc -fcf-protection=full -fPIE -c main.c

marks_of() { readelf --notes --wide "$1" | grep -oE 'IBT|SHSTK' | sort -u | paste -sd ' ' - | grep . || echo none; }
link() {
  ld -pie -dynamic-linker /lib64/ld-linux-x86-64.so.2 "$@" "$PWD/root/lib/x86_64-linux-gnu/libc.so.6" 2>&1
}

{
  echo "the compiled object: $(marks_of main.o)"
  for each in Scrt1.o crti.o crtn.o; do echo "glibc's $each: $(marks_of $start/$each)"; done
  for each in crtbeginS.o crtendS.o; do echo "GCC's $each: $(marks_of $begin/$each)"; done
  whole=("$start"/{Scrt1,crti}.o "$begin/crtbeginS.o" main.o "$begin/crtendS.o" "$start/crtn.o")
  echo "linking says: $(link -o program "${whole[@]}" | wc -l) lines"
  echo "the program: $(marks_of program)"
  echo "asked to report it names: $(link -z cet-report=warning -o program "${whole[@]}" |
    grep -oE '[A-Za-z0-9]+\.o: warning' | sed 's/: warning//' | sort | paste -sd ' ' -)"
  link -o alone -e main main.o "$begin/crtbeginS.o" "$begin/crtendS.o" >/dev/null
  echo "without glibc's start files: $(marks_of alone)"
} | tee output
diff output - <<'END_OF_OUTPUT' && echo "as described"
the compiled object: IBT SHSTK
glibc's Scrt1.o: none
glibc's crti.o: none
glibc's crtn.o: none
GCC's crtbeginS.o: IBT SHSTK
GCC's crtendS.o: IBT SHSTK
linking says: 0 lines
the program: none
asked to report it names: Scrt1.o crti.o crtn.o
without glibc's start files: IBT SHSTK
END_OF_OUTPUT
