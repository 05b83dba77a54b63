#!/usr/bin/env python3
"""The shipped program is hardened as Debian hardens its own (hardening-check(1), dpkg-buildflags(1)):
what a flag in a CMake file promises is looked for in the binary, where a toolchain may have dropped it.

Debian's C start files are not marked for Intel CET, so no program there has the mark of the whole; our
own objects are looked at one by one instead.

usage: hardening_test.py            the program below $TOKENSYNCD_BUILD
"""

import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support/python"))

from process import BUILD

PROGRAM = BUILD / "daemon/tokensyncd"
# By machine: the properties that each object's .note.gnu.property has, see the x86-64 and the AArch64
# supplements of the ELF ABI.
PROPERTIES = {"X86-64": {"IBT", "SHSTK"}, "AArch64": {"BTI", "PAC"}}


def readelf(what, file):
    return subprocess.run(["readelf", "--wide", what, file], check=True, capture_output=True,
                          text=True).stdout


class The_program(unittest.TestCase):
    def setUp(self):
        self.dynamic = readelf("--dynamic", PROGRAM)
        self.segments = readelf("--segments", PROGRAM)
        self.symbols = readelf("--dyn-syms", PROGRAM)

    def test_can_be_loaded_anywhere(self):
        self.assertIn("Type:                              DYN", readelf("--file-header", PROGRAM))
        self.assertRegex(self.dynamic, r"FLAGS_1.*\bPIE\b")

    def test_has_its_relocations_made_and_sealed_before_it_runs(self):
        self.assertRegex(self.dynamic, r"\bBIND_NOW\b")
        self.assertIn("GNU_RELRO", self.segments)

    def test_executes_no_stack_and_writes_no_code(self):
        stack = re.search(r"GNU_STACK.*0x\w+ +([RWE ]+?) +0x", self.segments).group(1)
        self.assertEqual(stack.replace(" ", ""), "RW")
        self.assertNotRegex(self.segments, r"LOAD .*\bRWE\b")

    def test_notices_an_overrun_stack_and_buffer(self):
        self.assertIn("__stack_chk_fail@", self.symbols)
        self.assertRegex(self.symbols, r"__(memcpy|snprintf|vsnprintf)_chk@")

    def test_looks_for_libraries_where_the_system_has_them(self):
        self.assertNotRegex(self.dynamic, r"\b(RPATH|RUNPATH)\b")

    def test_has_marked_where_an_indirect_call_may_go(self):
        header = readelf("--file-header", PROGRAM)
        wanted = next(each for machine, each in PROPERTIES.items() if machine in header)
        archives = sorted((BUILD / "daemon").rglob("*.a"))
        self.assertGreater(len(archives), 10)
        for archive in archives:
            members = readelf("--notes", archive).split("\nFile: ")[1:]
            for member in members:
                with self.subTest(member.splitlines()[0]):
                    told = re.search(r"(?:x86|AArch64) feature: (.+)", member)
                    self.assertIsNotNone(told)
                    self.assertEqual(set(told.group(1).split(", ")), wanted)


if __name__ == "__main__":
    unittest.main()
