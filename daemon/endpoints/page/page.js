// Asks /status again and again, and shows it. What is typed, opened and focused stays.

import {Row} from "./rows.js";
import {ago, clock, element, setText} from "./words.js";
import {arrange, counts, digest, groups} from "./workspaces.js";

const ROWS_A_TIME = 100;
const GROUPS_AT_MOST = 5;
const REFRESH = 5_000;
// A fleet that takes long to tell is asked less often, so that looking costs the daemon little.
const REST_A_REFRESH = 20;
const LONGEST_REST = 60_000;
const PATIENCE = 15_000;

const at = (id) => document.getElementById(id);
const table = at("workspaces");
const rows = new Map();  // by workspace id; also of those that were open and are out of sight
let entries = [];
let lastAnswer = 0;
let limit = ROWS_A_TIME;
let timer = 0;
let asking = false;

const view = () => document.querySelector("input[name=view]:checked").value;
const isPaused = () => at("pause").getAttribute("aria-pressed") === "true";

function rowOf(entry) {
  const {id} = entry.workspace;
  if (!rows.has(id)) rows.set(id, new Row(id, render));
  return rows.get(id);
}

/** Puts the wanted bodies into the table, moving as few as it can: a moved one loses the focus. */
function place(bodies) {
  let next = table.tHead.nextElementSibling;
  for (const body of bodies) {
    if (body === next) {
      next = next.nextElementSibling;
    } else {
      table.insertBefore(body, next);
    }
  }
  while (next) {
    const leaving = next;
    next = next.nextElementSibling;
    leaving.remove();
  }
}

function forgetUnseen(kept) {
  const known = new Set(entries.map((entry) => entry.workspace.id));
  for (const [id, row] of rows) {
    if (!known.has(id) || (!kept.has(row) && !row.isOpen)) rows.delete(id);
  }
}

function render() {
  const now = Date.now();
  const found = arrange(entries, view(), at("search").value);
  const focused = document.activeElement;
  const shown = found.slice(0, limit).map((entry) => {
    const row = rowOf(entry);
    row.show(entry, now);
    return row;
  });
  place(shown.map((row) => row.body));
  if (focused !== document.activeElement && focused.isConnected) focused.focus({preventScroll: true});
  forgetUnseen(new Set(shown));

  for (const [name, count] of Object.entries(counts(entries))) {
    setText(at(`count-${name}`), count.toLocaleString("en"));
  }
  at("none").hidden = found.length > 0 || lastAnswer === 0;
  setText(at("none"), entries.length === 0 ? "No workspace is configured." : "None of them.");
  at("rest").hidden = found.length <= limit;
  setText(at("rest-count"), `${limit} of ${found.length.toLocaleString("en")} are shown.`);
}

function tellAge() {
  if (lastAnswer === 0) return;
  setText(at("age"), `${isPaused() ? "Paused, as" : "As"} of ${ago(new Date(lastAnswer), Date.now())}.`);
}

/** When the vendor's last events came, as words; nothing where they aren't listened for. */
function lastEvent(webhook) {
  if (!webhook) return "";
  const came = Object.entries(webhook.last_events).filter(([, when]) => when);
  if (came.length === 0) return " No event came since then.";
  const words = came.map(([type, when]) => `${type} ${ago(new Date(when), Date.now())}`);
  return ` Last events: ${words.join(", ")}.`;
}

/** Shows those who have a trouble in common: the search that finds it is in the address, too. */
function choose(group) {
  at("search").value = group.text.replaceAll("…", " ").replace(/\s+/g, " ").trim();
  document.querySelector("input[name=view][value=trouble]").checked = true;
  chosen();
}

function groupButton(group) {
  const button = element("button", "", element("b", "", `${group.count.toLocaleString("en")} workspaces`),
                         ` · ${group.about}: ${group.text}`);
  button.type = "button";
  button.addEventListener("click", () => choose(group));
  return button;
}

/** Lists `items`, and shows `around` where there are any. What is the same stays, and so keeps the focus. */
function showList(list, around, items, contentOf) {
  around.hidden = items.length === 0;
  const fresh = JSON.stringify(items);
  if (list.dataset.shown === fresh) return;
  list.dataset.shown = fresh;
  list.replaceChildren(...items.map((item) => element("li", "", contentOf(item))));
}

/** Empty where the daemon rotates nothing by itself, or has stopped, which the details say. */
function nextRotation(policy) {
  if (!policy?.next_at) return "";
  return ` Next rotation by policy: ${policy.next_workspace}, ${clock(policy.next_at)}.`;
}

function take(status, tookPlaceAt) {
  entries = digest(status.workspaces);
  lastAnswer = tookPlaceAt;
  const wrong = counts(entries).trouble;
  setText(at("summary"), status.summary);
  showList(at("details"), at("details"), status.details, (detail) => detail);
  showList(at("groups-list"), at("groups"), groups(entries).slice(0, GROUPS_AT_MOST), groupButton);
  at("unready").hidden = status.ready;
  setText(at("host"), status.host || location.host);
  document.body.className = status.details.length === 0 ? "well" : "trouble";
  document.title = wrong === 0 ? "tokensyncd" : `(${wrong}) tokensyncd`;
  setText(at("about"), `tokensyncd ${status.version}, running since ${clock(status.started_at)}, ` +
                       `${status.ready ? "ready" : "not ready"}.${lastEvent(status.webhook)}` +
                       nextRotation(status.rotation_policy));
  at("outage").hidden = true;
  document.body.removeAttribute("data-old");
}

function tellOutage(why) {
  const since = lastAnswer === 0 ? "" : ` What is shown is of ${clock(lastAnswer)}.`;
  setText(at("outage"), why + since);
  at("outage").hidden = false;
  document.body.dataset.old = "";
}

/** Whether there was an answer. */
async function ask() {
  const begun = Date.now();
  let answer;
  let text;
  try {
    answer = await fetch("status", {cache: "no-store", signal: AbortSignal.timeout(PATIENCE)});
    text = await answer.text();
  } catch {
    tellOutage("The daemon doesn't answer. Is it running? See systemctl status tokensyncd.");
    return false;
  }
  if (!answer.ok) {
    const why = [404, 421].includes(answer.status) ? ": see admin.expose and admin.hosts" : "";
    tellOutage(`The daemon answers ${answer.status} and shows nothing${why}.`);
    return false;
  }
  take(JSON.parse(text), begun);
  return true;
}

async function refresh() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const begun = Date.now();
  let rest = 1;
  try {
    if (await ask()) rest = REST_A_REFRESH;
    render();
  } catch (error) {
    tellOutage("This page can't show what the daemon answers; tokensyncd status can.");
    console.error(error);
  } finally {
    asking = false;
    tellAge();
    schedule(Math.min(LONGEST_REST, Math.max(REFRESH, rest * (Date.now() - begun))));
  }
}

function schedule(wait) {
  clearTimeout(timer);
  if (!document.hidden && !isPaused()) timer = setTimeout(refresh, wait);
}

/** What is searched and shown is in the address, so that it can be sent to somebody. */
function writeAddress() {
  const parts = new URLSearchParams();
  if (at("search").value) parts.set("search", at("search").value);
  if (view() !== "all") parts.set("show", view());
  history.replaceState(null, "", parts.size > 0 ? `#${parts}` : location.pathname);
}

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  at("search").value = parts.get("search") ?? "";
  const wanted = document.querySelector(`input[name=view][value="${CSS.escape(parts.get("show") ?? "all")}"]`);
  if (wanted) wanted.checked = true;
}

function chosen() {
  limit = ROWS_A_TIME;
  writeAddress();
  render();
}

function step(event, forwards) {
  const buttons = [...table.querySelectorAll("th button")];
  if (buttons.length === 0) return;
  const here = buttons.indexOf(document.activeElement);
  const next = here < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, here + (forwards ? 1 : -1)));
  if (!forwards && here === 0) {
    at("search").focus();
  } else {
    buttons[next].focus();
  }
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const inSearch = event.target === at("search");
  const inRow = event.target.closest("th") !== null;  // elsewhere, arrows scroll
  if (event.key === "/" && !inSearch) {
    at("search").focus();
    event.preventDefault();
  } else if (event.key === "Escape" && at("search").value) {
    at("search").value = "";
    chosen();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (inSearch || inRow)) {
    step(event, event.key === "ArrowDown");
  }
});
at("search").addEventListener("input", chosen);
at("views").addEventListener("change", chosen);
at("more").addEventListener("click", () => {
  const first = limit;
  limit += ROWS_A_TIME;
  render();
  table.querySelectorAll("th button")[first]?.focus();
});
at("pause").addEventListener("click", () => {
  at("pause").setAttribute("aria-pressed", String(!isPaused()));
  if (isPaused()) {
    clearTimeout(timer);
  } else {
    refresh();
  }
  tellAge();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !isPaused()) refresh();
});
window.addEventListener("hashchange", () => { readAddress(); chosen(); });

setText(at("host"), location.host);
readAddress();
setInterval(tellAge, 1_000);
refresh();
