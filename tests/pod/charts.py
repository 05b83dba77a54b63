"""The chart of kubernetes/helm, as Helm renders it, and a chart of somebody's own that depends on it."""

import json
import os
import pathlib
import subprocess

import yaml

from manifests import KUBECTL, ROOT

HELM = KUBECTL.parents[1] / "helm/helm"  # tests/pod/run puts it there
CHART = ROOT / "kubernetes/helm/tokensyncd"
WORKSPACES = [{"id": "acme-support"}, {"id": "acme-sales"}]

# With settings as values: Helm writes them as YAML again.
IN_A_POD = {
    "standalone": {"enabled": False}, "workspaces": WORKSPACES,
    "settings": {
        "version": 1, "partner": {"id": "${PARTNER_ID}", "secret_file": "partner-secret", "rate_limit": "1/s"},
        "workspace_files": ["workspaces.yaml"],
        "sinks": {"files": {"type": "file", "path": "/run/timelines/{workspace}", "mode": "0644"}},
        "admin": {"listen": ["0.0.0.0:9464", "127.0.0.1:9465"]}, "state": {"type": "memory"}}}

APPLICATION = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: application}
spec:
  selector:
    matchLabels: {app.kubernetes.io/name: application}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: application
        {{- include "tokensyncd.podLabels" .Subcharts.tokensyncd | nindent 8 }}
      annotations:
        {{- include "tokensyncd.podAnnotations" .Subcharts.tokensyncd | nindent 8 }}
    spec:
      securityContext: {runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        {{- include "tokensyncd.sidecar" .Subcharts.tokensyncd | nindent 8 }}
      containers:
        - name: application
          image: docker.io/library/python:3.13-alpine
          command: [python3, -c, "print(*open('/run/timelines/acme-sales'))"]
          securityContext:
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
          resources:
            limits: {memory: 64Mi}
          volumeMounts:
            - {name: timelines-tokens, mountPath: /run/timelines, readOnly: true}
      volumes:
        {{- include "tokensyncd.volumes" .Subcharts.tokensyncd | nindent 8 }}
"""

# Its pod is the application's, apart from these lines.
REPORT = """\
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec:
  template:
    spec:
      restartPolicy: Never
""" + APPLICATION.split("    spec:\n")[1].replace("tokensyncd.sidecar", "tokensyncd.init")


def helm(*command, values=None):
    """Runs Helm without the configuration of this machine's user: exit code, output, errors."""
    own = {f"HELM_{kind}_HOME": "/nonexistent" for kind in ("CACHE", "CONFIG", "DATA")}
    more = [] if values is None else ["--values", "-"]
    run = subprocess.run([HELM, *command, *more], input=json.dumps(values), capture_output=True, text=True,
                         check=False, timeout=60, env=os.environ | own)
    return run.returncode, run.stdout, run.stderr


def template(values, *more, chart=CHART, release="tokensyncd"):
    """The manifests of a release."""
    code, out, err = helm("template", release, chart, *more, values=values)
    if code != 0:
        raise ValueError(err)
    return [each for each in yaml.safe_load_all(out) if each]


def chart_of_ones_own(folder):
    """Makes one in a folder, with this chart as its dependency."""
    folder = pathlib.Path(folder)
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text(json.dumps({
        "apiVersion": "v2", "name": "shop", "version": "1.0.0",
        "dependencies": [{"name": "tokensyncd", "version": "*", "repository": f"file://{CHART}"}]}))
    (folder / "templates/application.yaml").write_text(APPLICATION)
    (folder / "templates/report.yaml").write_text(REPORT)
    code, _, err = helm("dependency", "build", folder)
    if code != 0:
        raise ValueError(err)
    return folder
