"""Whether manifests are as the schemas of Kubernetes and of the Prometheus operator have them."""

import json
import subprocess

from manifests import HERE


def schema_breaches(manifests):
    """One sentence a breach."""
    run = subprocess.run(["node", HERE / "schemas.mjs"], input=json.dumps(manifests),
                         capture_output=True, text=True, check=False)
    if run.stderr or run.returncode != bool(run.stdout):
        raise RuntimeError(run.stderr or f"schemas.mjs ended with {run.returncode}")
    return run.stdout.splitlines()
