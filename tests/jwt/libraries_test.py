#!/usr/bin/env python3
"""Events that other implementations of JWT have signed, before the daemon; and the daemon's own JWTs
before these implementations. They come from npm, pinned: where it can't be reached the test is
skipped, aloud (exit code 77).
"""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support/python"))

from daemon import Daemon, settings
from http_call import UnixConnection, ask
from process import BUILD, free_port, wait_for, work_directory
from stand_ins import PARTNER_SECRET, Api
from vendor_event import PATH

SKIPPED = 77
LIBRARIES = BUILD / "tests/jwt"


def install():
    """Whether the libraries are there. Nothing that they bring is run to install them."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = LIBRARIES / "installed-lock.json"
    if done.exists() and done.read_bytes() == lock:
        return True
    if not shutil.which("npm"):
        return False
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, LIBRARIES)
    run = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                          "--loglevel=error"], cwd=LIBRARIES, timeout=240)
    if run.returncode == 0:
        done.write_bytes(lock)
    return run.returncode == 0


def ask_libraries(foreign):
    # A module finds its packages beside itself.
    program = shutil.copy(HERE / "libraries.mjs", LIBRARIES)
    question = {"secret": PARTNER_SECRET, "partner": "acme", "now": int(time.time()),
                "foreign": foreign}
    run = subprocess.run(["node", program], input=json.dumps(question), text=True, check=True,
                         stdout=subprocess.PIPE, timeout=60)
    return json.loads(run.stdout)


class Libraries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            directory = enter(work_directory())
            cls.api = enter(Api(directory, ids=["acme-support"]))
            cls.port = free_port()
            cls.daemon = enter(Daemon(directory, settings(
                cls.api, workspaces=[{"id": "acme-support"}],
                webhook={"listen": [f"127.0.0.1:{cls.port}"]})))
            cls.addClassCleanup(stack.pop_all().close)
        wait_for((cls.daemon.tokens / "acme-support").exists, 30, "the token", cls.daemon)
        heads = json.dumps(cls.api.say("GET", "requests"))
        cls.own = re.findall(r"Authorization: Bearer ([\w.-]+)", heads)
        cls.told = ask_libraries(cls.own)

    def send(self, jwt):
        body = json.dumps({"workspace_id": "acme-support", "event_type": "api_token:rotated",
                           "partner_id": "acme"})
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as to:
            to.request("POST", PATH, body, {"X-TL-Signature": jwt, "X-TL-Partner-Id": "acme"})
            return to.getresponse().status

    def count(self, result):
        socket = UnixConnection(self.daemon.directory / "control.sock")
        with contextlib.closing(socket):
            said = ask(socket, "GET", "/metrics").decode()
        name = re.escape(f'tokensyncd_webhook_requests_total{{result="{result}"}} ')
        return int(re.search(f"^{name}(.*)$", said, re.MULTILINE).group(1))

    def test_what_they_sign_is_accepted(self):
        self.assertGreater(len(self.told["good"]), 10)
        for name, jwt in self.told["good"].items():
            with self.subTest(name):
                self.assertEqual(self.send(jwt), 200)

    def test_what_is_wrong_is_refused_by_its_name(self):
        for name, each in self.told["bad"].items():
            with self.subTest(name):
                before = self.count(each["result"])
                self.assertEqual(self.send(each["jwt"]), 401)
                self.assertEqual(self.count(each["result"]), before + 1)

    def test_they_accept_what_we_sign(self):
        self.assertTrue(self.own)
        for library, claims in self.told["verified"].items():
            with self.subTest(library):
                self.assertEqual([each["partner_id"] for each in claims], ["acme"] * len(self.own))
                self.assertEqual({each["exp"] - each["nbf"] for each in claims}, {360})


if __name__ == "__main__":
    if not install():
        print("SKIPPED: npm can't be reached, so no other implementation of JWT was tried",
              file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(warnings="ignore")  # of connections that end with the process
