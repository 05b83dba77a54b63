#!/usr/bin/env python3
"""The schema of workspace files is a reference into the other one, as an editor resolves it: by its
place beside it."""

import json
import pathlib
import unittest
import warnings

import jsonschema

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "config"
FILE = CONFIG / "tokensyncd-workspaces.schema.json"


class The_schema_of_workspace_files(unittest.TestCase):
    def setUp(self):
        schema = json.loads(FILE.read_text())
        with warnings.catch_warnings():
            # Debian 12's jsonschema knows no other way; later ones call it deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            resolver = jsonschema.RefResolver(base_uri=FILE.as_uri(), referrer=schema)
            self.judge = jsonschema.Draft202012Validator(schema, resolver=resolver)

    def test_accepts_lists_of_workspaces(self):
        for good in ([], [{"id": "a"}], [{"id": "a", "interval": "5m"}, {"id": "b"}]):
            self.assertTrue(self.judge.is_valid(good), good)

    def test_refuses_what_the_loader_refuses(self):
        for bad in ({"workspaces": []}, [{"name": "a"}], [{"id": ""}], [{"id": "a", "intervall": "5m"}]):
            self.assertFalse(self.judge.is_valid(bad), bad)


if __name__ == "__main__":
    unittest.main()
