// Holds manifests to the schemas of Kubernetes and of the Prometheus operator.
// usage: schemas.mjs < JSON, a list of manifests; prints a sentence a breach, ends with 1 if any
import { readFileSync } from "node:fs";

async function schema({ apiVersion, kind }) {
  const custom = apiVersion.startsWith("monitoring.coreos.com/");
  const models = custom ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
  return (await import(`${models}/${apiVersion}`))[kind];
}

// The schemas allow fields that they don't know, the API server drops them with a warning, and we
// want neither. A validator looks at each field that it knows: what it never asked for is unknown.
function watched(value, path, unread) {
  if (value === null || typeof value !== "object") return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, inner] of Object.entries(value)) {
    unread.add(`${path}.${key}`);
    copy[key] = watched(inner, `${path}.${key}`, unread);
  }
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === "string") unread.delete(`${path}.${key}`);
      return target[key];
    },
  });
}

async function breaches(manifest) {
  const Model = await schema(manifest);
  if (Model === undefined) return ["no such kind"];
  const unread = new Set();
  try {
    // Not of an instance: its constructor makes copies, and looks at all.
    Model.prototype.validate.call(watched(manifest, "", unread));
  } catch (refused) {
    return [refused.message];
  }
  return [...unread].map((path) => `${path.slice(1)}: unknown field`);
}

let found = 0;
for (const manifest of JSON.parse(readFileSync(0))) {
  for (const breach of await breaches(manifest)) {
    console.log(`${manifest.kind} ${manifest.metadata.name}: ${breach}`);
    found++;
  }
}
process.exitCode = found > 0 ? 1 : 0;
