#!/usr/bin/env python3
"""What docs/events.md has an operator type to try the webhook, against a daemon."""

import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support/python"))

from daemon import Daemon, settings
from process import ROOT, free_port, wait_for, work_directory
from stand_ins import Api

WORKSPACE = "acme-sales"


def documented():
    text = (ROOT / "docs/events.md").read_text()
    return re.search(r"^```sh\n(python3 - acme .*?)^```$", text, re.MULTILINE | re.DOTALL).group(1)


class A_signed_event(unittest.TestCase):
    def test_is_accepted_as_the_page_writes_it(self):
        with work_directory() as directory, Api(directory, ids=[WORKSPACE]) as api:
            port = free_port()
            configuration = settings(api, workspaces=[{"id": WORKSPACE}], poll={"interval": "1h"},
                                     webhook={"listen": [f"127.0.0.1:{port}"]})
            with Daemon(directory, configuration) as daemon:
                token = daemon.tokens / WORKSPACE
                wait_for(token.exists, 60, "the first delivery", daemon)
                api.rotate(WORKSPACE)
                script = documented()
                for written, here in {"/etc/tokensyncd/": f"{directory}/",
                                      "https://YOUR-HOST:8443": f"http://127.0.0.1:{port}"}.items():
                    self.assertIn(written, script)
                    script = script.replace(written, here)
                said = subprocess.run(["sh", "-ec", script], cwd=directory, check=True,
                                      capture_output=True, text=True, timeout=60)
                self.assertRegex(said.stdout, r"^HTTP/1\.1 200 ")
                new = api.token(WORKSPACE)
                wait_for(lambda: token.read_text() == new, 60, "the delivery", daemon)


if __name__ == "__main__":
    unittest.main()
