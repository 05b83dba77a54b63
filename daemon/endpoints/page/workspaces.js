// What there is to say of a workspace, as plain values. Nothing here knows the page.

// From the worst: who is on call reads from the top.
const RANKS = ["out of sync", "denied", "stale", "never", "disputed", "hook fails", "rotation unconfirmed", "token refused", "gone", "ok"];

/** When the daemon knew of a rotation for good: `stored_at` is null where the state didn't take it. */
export const known = (rotation) => rotation.stored_at ?? rotation.answered_at;

/** Each sink of a workspace as [name, sink], in the daemon's order. */
export const sinksOf = (workspace) => Object.entries(workspace.sinks);

/**
 * What is most wrong with a workspace, one of RANKS: its state, or what is worse than that. A gone
 * one wants nothing in its sinks, and without a token there is nothing to be in sync with. A token is
 * refused by the Public API.
 */
export function verdict(workspace) {
  const sinks = Object.values(workspace.sinks);
  if (workspace.state === "gone") return "gone";
  if (workspace.generation > 0 && sinks.some((sink) => !sink.in_sync)) return "out of sync";
  if (workspace.state !== "ok") return workspace.state;
  if (sinks.some((sink) => sink.hook_error)) return "hook fails";
  if (workspace.rotation_unconfirmed) return "rotation unconfirmed";
  return workspace.last_error ? "token refused" : "ok";
}

/** Every sentence about what is wrong, as {about, text, since}. */
export function troubles(workspace) {
  const found = [];
  const add = (about, text, since) => {
    if (text) found.push({about, text, since});
  };
  add("API", workspace.last_error, workspace.failing_since);
  if (workspace.rotation_unconfirmed) add("rotation", "asked for, and its result is not known yet", null);
  for (const [name, sink] of sinksOf(workspace)) {
    add(name, sink.last_error, sink.failing_since);
    add(`hook of ${name}`, sink.hook_error, sink.hook_failing_since);
  }
  return found;
}

/** The troubles that several workspaces have, as {about, text, count}: those of most workspaces first. */
export function groups(entries) {
  const found = new Map();
  for (const {workspace} of entries) {
    for (const {about, text} of troubles(workspace)) {
      // A sentence names its workspace, which is all that tells the same trouble of two apart.
      const shared = text.replaceAll(workspace.id, "…");
      const key = `${about}\n${shared}`;
      if (!found.has(key)) found.set(key, {about, text: shared, count: 0});
      found.get(key).count += 1;
    }
  }
  return [...found.values()].filter(({count}) => count > 1).sort((a, b) => b.count - a.count);
}

function textOf(workspace, verdictOf) {
  const parts = [workspace.id, workspace.state, verdictOf, workspace.fingerprint ?? "", ...Object.keys(workspace.sinks)];
  for (const each of troubles(workspace)) parts.push(each.text);
  return parts.join("\n").toLowerCase();
}

/** The workspaces of an answer of /status with what the page looks up again and again. */
export function digest(workspaces) {
  return workspaces.map((workspace) => {
    const verdictOf = verdict(workspace);
    return {
      workspace,
      verdict: verdictOf,
      rank: RANKS.indexOf(verdictOf),
      text: textOf(workspace, verdictOf),
      newest: workspace.rotations.length > 0 ? known(workspace.rotations[0]) : "",
    };
  });
}

const VIEWS = {
  all: () => true,
  trouble: (entry) => entry.verdict !== "ok",
  rotated: (entry) => entry.newest !== "",
};

/** How many each view shows. */
export function counts(entries) {
  const of = (view) => entries.filter(VIEWS[view]).length;
  return {all: entries.length, trouble: of("trouble"), rotated: of("rotated")};
}

/** The entries of a view that hold every word of the search, in the order to read them. */
export function arrange(entries, view, search) {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const kept = entries.filter((entry) => VIEWS[view](entry) && words.every((word) => entry.text.includes(word)));
  // /status is in the order of ids, and sort() keeps the order of equals.
  if (view === "rotated") return kept.sort((a, b) => (a.newest < b.newest) - (a.newest > b.newest));
  return kept.sort((a, b) => a.rank - b.rank);
}
