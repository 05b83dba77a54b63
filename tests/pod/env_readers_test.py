#!/usr/bin/env python3
"""How readers take files of `format: env`: the table in docs/configuration.md, "Readers of format: env"."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from dotenv import dotenv_values

from manifests import HERE, KUBECTL, ROOT

# A token that is written bare, and one that isn't, as the daemon writes them (see content_test).
BARE = "Ab09-._/+:@%"
ODD = "two words"
FORMS = {"bare": (BARE, f"TIMELINES_WORKSPACE_ID=acme\nTIMELINES_TOKEN={BARE}\n"),
         "quoted": (ODD, f'TIMELINES_WORKSPACE_ID="acme"\nTIMELINES_TOKEN="{ODD}"\n')}


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def sourced(shell):
    return lambda file: run(*shell, "-c", f'. "{file}"; printf %s "$TIMELINES_TOKEN"')


def by_read(file):
    return run("sh", "-c", f"while IFS== read -r name value; do case $name in TIMELINES_TOKEN) "
               f"printf %s \"$value\";; esac; done < '{file}'")


def by_xargs(file):
    return run("sh", "-c", f"xargs -d '\\n' sh -c 'env \"$@\" printenv TIMELINES_TOKEN' - < '{file}'"
               ).rstrip("\n")


def by_kubectl(file):
    made = run(KUBECTL, "create", "configmap", "x", f"--from-env-file={file}", "--dry-run=client",
               "-o", "json")
    return json.loads(made)["data"]["TIMELINES_TOKEN"]


def by_kustomize(file):
    folder = pathlib.Path(file).parent
    (folder / "kustomization.yaml").write_text(
        f"configMapGenerator: [{{name: x, envs: [{pathlib.Path(file).name}]}}]\n")
    return re.search(r"TIMELINES_TOKEN: (.*)", run(KUBECTL, "kustomize", folder)).group(1).strip("'")


def by_node(file):
    return run("node", f"--env-file={file}", "-p", "process.env.TIMELINES_TOKEN").rstrip("\n")


def by_npm_dotenv(file):
    program = ("import d from 'dotenv'; import f from 'node:fs';"
               "console.log(d.parse(f.readFileSync(process.argv[1])).TIMELINES_TOKEN)")
    return run("node", "--input-type=module", "-e", program, file, cwd=HERE).rstrip("\n")


# Name in the docs' table: the reader, and which forms it reads back.
READERS = {
    "POSIX sh, dash, bash, zsh, busybox: `. file`": (sourced(["sh"]), {"bare", "quoted"}),
    "sh's `while IFS== read -r name value`": (by_read, {"bare"}),
    "`xargs -d '\\n' env`": (by_xargs, {"bare"}),
    "`kubectl create configmap --from-env-file`": (by_kubectl, {"bare"}),
    "kustomize's `envs`": (by_kustomize, {"bare"}),
    "python-dotenv": (lambda file: dotenv_values(file)["TIMELINES_TOKEN"], {"bare", "quoted"}),
    "Node's `--env-file`": (by_node, {"bare", "quoted"}),
    "npm's dotenv": (by_npm_dotenv, {"bare", "quoted"}),
}


class Readers(unittest.TestCase):
    def takes_right(self, read):
        """The forms of which a reader gets the token as it is."""
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "tokens.env"
            right = set()
            for form, (token, text) in FORMS.items():
                file.write_text(text)
                if read(str(file)) == token:
                    right.add(form)
        return right

    def test_read_what_the_table_says(self):
        table = (ROOT / "docs/configuration.md").read_text()
        for name, (read, expected) in READERS.items():
            with self.subTest(name):
                self.assertEqual(self.takes_right(read), expected)
                row = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
                said = [cell.strip() for cell in row.split("|")[2:4]]
                self.assertEqual({form for form, cell in zip(FORMS, said) if cell.startswith("yes")},
                                 expected)

    def test_every_shell_that_is_here_reads_both(self):
        shells = [[path] for each in ("dash", "bash", "zsh") if (path := shutil.which(each))]
        if busybox := shutil.which("busybox"):
            shells.append([busybox, "sh"])
        self.assertGreater(len(shells), 0)
        for shell in shells:
            with self.subTest(shell):
                self.assertEqual(self.takes_right(sourced(shell)), {"bare", "quoted"})


if __name__ == "__main__":
    unittest.main()
