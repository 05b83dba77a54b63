"""P11: size of the stripped program."""

import subprocess

import lab
from daemon import PROGRAM


def run(_rounds):
    with lab.work_directory() as directory:
        stripped = directory / "tokensyncd"
        subprocess.run(["strip", "-o", stripped, PROGRAM], check=True)
        return [lab.Figure("P11 stripped binary", stripped.stat().st_size / 1e6, "MB", 3)]
