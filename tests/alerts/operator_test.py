#!/usr/bin/env python3
"""The objects of kubernetes/monitoring before the schemas of the newest Prometheus operator, as a strict
API server sees them. tests/pod holds them to those that npm has.
"""

import copy
import os
import pathlib
import unittest

import jsonschema
import yaml

SCHEMAS = pathlib.Path(os.environ["TOKENSYNCD_SCHEMAS"])  # tests/alerts/run makes them
MONITORING = pathlib.Path(__file__).resolve().parents[2] / "kubernetes/monitoring"
FILES = {"PodMonitor": "pod-monitor.yaml", "PrometheusRule": "rules.yaml"}


def strict(schema):
    """`schema`, but a field that it doesn't know is an error."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        known["additionalProperties"] = False
    return known


def breaches(manifest):
    """Where it isn't what the operator's schema says."""
    definition = yaml.safe_load(
        (SCHEMAS / f"monitoring.coreos.com_{manifest['kind'].lower()}s.yaml").read_text())
    version = manifest["apiVersion"].rpartition("/")[2]
    schema, = [each["schema"]["openAPIV3Schema"] for each in definition["spec"]["versions"]
               if each["name"] == version]
    return [[*error.absolute_path] for error in
            jsonschema.Draft7Validator(strict(schema)).iter_errors(manifest)]


class Operator(unittest.TestCase):
    def setUp(self):
        self.manifests = {kind: yaml.safe_load((MONITORING / file).read_text())
                          for kind, file in FILES.items()}

    def test_takes_each_object(self):
        for kind, manifest in self.manifests.items():
            self.assertEqual((manifest["kind"], breaches(manifest)), (kind, []))

    def test_notices_what_is_wrong(self):
        endpoint = ["spec", "podMetricsEndpoints", 0]
        for kind, path, key, value in (
                ("PodMonitor", endpoint, "interval", "15 s"),
                ("PodMonitor", [*endpoint, "relabelings", 0], "action", "relpace"),
                ("PodMonitor", ["spec"], "selectr", {}),
                ("PrometheusRule", ["spec", "groups", 1, "rules", 0], "fro", "5m"),
                ("PrometheusRule", ["spec", "groups", 1], "interval", "soon")):
            broken = inner = copy.deepcopy(self.manifests[kind])
            for step in path:
                inner = inner[step]
            inner[key] = value
            known = key in ("interval", "action")
            self.assertEqual(breaches(broken), [[*path, key] if known else path], key)


if __name__ == "__main__":
    unittest.main()
