// What there is to say of a workspace, as plain values. Nothing here knows the page.

// From the worst: who is on call reads from the top.
const RANKS = ["out of sync", "denied", "stale", "never", "disputed", "hook fails", "token refused", "gone", "ok"];

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
  return workspace.last_error ? "token refused" : "ok";
}

/** Every sentence about what is wrong, as {about, text}. */
export function troubles(workspace) {
  const found = [];
  if (workspace.last_error) found.push({about: "API", text: workspace.last_error});
  for (const [name, sink] of sinksOf(workspace)) {
    if (sink.last_error) found.push({about: name, text: sink.last_error});
    if (sink.hook_error) found.push({about: `hook of ${name}`, text: sink.hook_error});
  }
  return found;
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
      newest: workspace.rotations.length > 0 ? workspace.rotations[0].stored_at : "",
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
