"""The package as it lies there: what Debian's own judges say of it, and whether its pages and its
completion are about the program that is in it."""

import json
import os
import pathlib
import re
import tempfile
import unittest

from base import ROOT, SUITE
from machine import run
from world import BUILD, PACKAGE

PROGRAM = BUILD / "daemon/tokensyncd"
PAGE = ROOT / "packaging/man/tokensyncd.1"
KEYS_PAGE = BUILD / "packaging/tokensyncd.yaml.5"
COMPLETION = ROOT / "packaging/completion/tokensyncd.bash"
COMMON = {"--config", "--log-level", "--help"}
WORST = {"tokensyncd.service": 15, "tokensyncd-rotate@.service": 5}  # tenths of systemd's exposure


def helped(*command):
    """The options and the commands that --help tells of."""
    said = run([PROGRAM, *command, "--help"]).stdout.split("\nExamples:")[0]
    options = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", said, re.MULTILINE))
    commands = said.partition("\nSubcommands:\n")[2] or said.partition("\nSUBCOMMANDS:\n")[2]  # CLI11 2.6
    return options, re.findall(r"^  (\w+)", commands, re.MULTILINE)


COMMANDS = helped()[1]


class The_package(unittest.TestCase):
    def test_is_right_for_lintian(self):
        # A compiler may keep pieces of sentences side by side, which lintian takes for misspelt words.
        # Not an override of the package: where the pieces lie otherwise, lintian calls it unused.
        # It isn't made for Debian's archive, which has no bug that asks for it.
        needless = ["spelling-error-in-binary", "initial-upload-closes-no-bugs"]
        # It reports to systemd and is confined by it; under another init, run it by hand.
        if SUITE == "bookworm":  # later ones don't know the tag
            needless.append("package-supports-alternative-init-but-no-init.d-script")
        run(["lintian", "--allow-root", "--display-info", "--fail-on", "error,warning,info",
             "--suppress-tags", ",".join(needless), PACKAGE])

    def test_confines_its_services(self):
        for unit, worst in WORST.items():
            with self.subTest(unit):
                run(["systemd-analyze", "security", "--offline=yes", f"--threshold={worst}",
                     ROOT / "systemd" / unit])


class The_bill_of_materials(unittest.TestCase):
    def test_has_what_dpkg_finds_linked_and_what_was_compiled_in(self):
        said = json.loads(run([ROOT / "packaging/release/sbom.py", BUILD, PACKAGE.name],
                              env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000"}).stdout)
        version = run(["dpkg-deb", "--field", PACKAGE, "Version"]).stdout.split("-")[0]
        self.assertEqual(said["metadata"]["component"]["version"], version)
        references = [each["bom-ref"] for each in said["components"]]
        self.assertEqual(sorted(set(references)), sorted(references))
        how = {each["name"]: each["properties"][0]["value"] for each in said["components"]}
        linked = {name for name, what in how.items() if what == "linked"}
        depends = run(["dpkg-deb", "--field", PACKAGE, "Depends"]).stdout
        wanted = {each.split()[0] for each in depends.split(", ")} - {"ca-certificates", "systemd"}
        # A dependency may be on a name that the library's package provides.
        names = {name: {name, *re.findall(r"[\w.+-]+", run(
            ["dpkg-query", "-W", "-f", "${Provides}", name]).stdout)} for name in linked}
        self.assertLessEqual(wanted, set().union(*names.values()))
        self.assertEqual([name for name, known_as in names.items() if not known_as & wanted], [])
        headers = {name for name, what in how.items() if what == "compiled in"}
        self.assertLessEqual({"libcli11-dev", "libspdlog-dev", "libssl-dev"}, headers)
        self.assertEqual(headers & {"libgtest-dev", "libgmock-dev"}, set())
        self.assertTrue(any(name.startswith("libboost1.") for name in headers), headers)


class The_manual(unittest.TestCase):
    def test_is_right_for_mandoc(self):
        for page in (PAGE, KEYS_PAGE):
            said = run(["mandoc", "-T", "lint", "-W", "style", page], check=False).stdout
            # The pages name each other, and aren't installed where they are built.
            self.assertEqual(re.sub(".*referenced manual not found.*\n", "", said), "")

    def test_tells_of_each_command_and_option_and_of_no_other(self):
        page = PAGE.read_text()
        told = {heading.split()[0]: set(re.findall(r"(?:Fl|\|) -([\w-]+)", heading))
                for heading in re.findall(r"^\.It Cm (.+)$", page, re.MULTILINE)}
        self.assertEqual(sorted(told), sorted(COMMANDS))
        for command in COMMANDS:
            with self.subTest(command):
                self.assertEqual({f"--{each}" for each in told[command]},
                                 helped(command)[0] - COMMON)
        of_all = re.findall(r"^\.It Fl .*?-([\w-]+)(?: Ar \w+)?$", page, re.MULTILINE)
        self.assertEqual({f"--{each}" for each in of_all}, helped()[0])

    def test_tells_of_each_key_and_of_no_other(self):
        told = set(re.findall(r"^\.It Cm (\S+)$", KEYS_PAGE.read_text(), re.MULTILINE))
        schema = json.loads((ROOT / "config/tokensyncd.schema.json").read_text())
        names = set()

        def collect(node):
            """Every name below any `properties`, wherever the schema has it."""
            if isinstance(node, dict):
                for name, below in node.items():
                    if name == "properties":
                        names.update(below)
                    collect(below)
            elif isinstance(node, list):
                for each in node:
                    collect(each)

        collect(schema)
        self.assertEqual({key.rsplit(".", 1)[-1] for key in told}, names)
        self.assertIn("sinks.NAME.auth.secret_id_file", told)
        self.assertIn("workspaces[].id", told)


class The_completion(unittest.TestCase):
    def completed(self, *words, files=""):
        """What a real bash offers for the last word."""
        script = f'. {COMPLETION}; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _tokensyncd; ' \
                 'printf "%s\\n" "${COMPREPLY[@]}"'
        said = run(["bash", "-c", script, "bash", "tokensyncd", *words],
                   env={"PATH": f"{files}:/usr/bin:/bin"}).stdout
        return said.split("\n")[:-1] if said.strip() else []

    def test_offers_each_command_and_option_and_no_other(self):
        self.assertEqual(sorted(self.completed("")), sorted(COMMANDS))
        self.assertEqual(set(self.completed("--")), helped()[0])
        for command in COMMANDS:
            with self.subTest(command):
                self.assertEqual(set(self.completed(command, "--")), helped(command)[0] | COMMON)

    def test_offers_what_was_begun(self):
        self.assertEqual(self.completed("st"), ["status"])
        self.assertEqual(self.completed("--log-level", "debug", "status", "--j"), ["--json"])
        self.assertEqual(self.completed("run", "--log-level", ""),
                         ["debug", "info", "warning", "error"])
        self.assertEqual(self.completed("once", "--timeout", ""), [])
        self.assertEqual(self.completed("run", ""), [])

    def test_offers_files_for_the_configuration(self):
        self.assertEqual(self.completed("--config", f"{ROOT}/config/tokensyncd.y"),
                         [f"{ROOT}/config/tokensyncd.yaml"])

    def test_offers_workspaces_and_runs_none_of_their_names(self):
        fake = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "tokensyncd"
        fake.write_text("""#!/bin/sh
            [ "$*" = 'status --json --config other.yaml' ] || exit 64
            echo '{"workspaces":[{"id":"acme"},{"id":"$(echo ran >&2)"},{"id":"bakery"}]}'
            """)
        fake.chmod(0o755)
        for command in ("once", "plan", "status", "sync", "rotate", "verify"):
            offered = self.completed("--config", "other.yaml", command, "", files=fake.parent)
            self.assertEqual(offered, ["acme", r"\$\(echo\ ran\ \>\&2\)", "bakery"])
        offered = self.completed("--config", "other.yaml", "check", "", files=fake.parent)
        self.assertEqual(offered, [])

    def test_offers_the_sinks_of_the_daemon(self):
        fake = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "tokensyncd"
        fake.write_text("""#!/bin/sh
            echo '{"workspaces":[{"id":"a","sinks":{"vault":{"type":"vault"},"files":{"type":"file"}}}]}'
            """)
        fake.chmod(0o755)
        self.assertEqual(self.completed("status", "--sink", "", files=fake.parent), ["files", "vault"])
