// One workspace in the table: a row of it, and below what a click on its name opens.

import {legend, rotationChart} from "./chart.js";
import {ago, clock, element, setText} from "./words.js";
import {known, sinksOf, troubles} from "./workspaces.js";

const COLUMNS = ["Workspace", "State", "Sinks", "Token", "Rotated", "Checked", "Trouble"];

function sinkState(sink) {
  if (!sink.in_sync) return "out";
  return sink.hook_error || sink.hook_pending ? "hook" : "in";
}
const SINK_WORDS = {in: "in sync", out: "out of sync", hook: "hook waits"};

function sinkMark([name, sink]) {
  const state = sinkState(sink);
  const mark = element("span", `sink ${state}`, name);
  // Not by colour alone: for those who can't tell these apart, and for a reader of screens.
  if (state !== "in") mark.append(`: ${SINK_WORDS[state]}`);
  return mark;
}

function timeOf(time, now) {
  if (!time) return element("span", "", "–");
  const shown = element("time", "", ago(time, now));
  shown.dateTime = time;
  shown.title = clock(time);
  return shown;
}

function troubleLine({about, text, since}, now) {
  const line = element("p", "", `${about}: ${text}`);
  if (since) {
    const when = element("time", "since", ` since ${clock(since)} (${ago(since, now)})`);
    when.dateTime = since;
    line.append(when);
  }
  return line;
}

function facts(workspace, now) {
  const list = element("dl", "facts");
  const add = (name, ...value) => list.append(element("dt", "", name), element("dd", "", ...value));
  add("Last answer", timeOf(workspace.last_success, now));
  add("Next check", timeOf(workspace.next_check, now));
  for (const [name, sink] of sinksOf(workspace)) {
    const words = [`${SINK_WORDS[sinkState(sink)]}, generation ${sink.generation}, `,
                   timeOf(sink.last_success, now)];
    if (sink.consecutive_failures > 0) words.push(`, ${sink.consecutive_failures} failures in a row`);
    add(`${name} (${sink.type})`, ...words);
  }
  return list;
}

/** A workspace's part of the table; `body` is its element, `button` what opens it. */
export class Row {
  constructor(id, opened) {
    this.shown = "";
    this.button = element("button", "", id);
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.cells = COLUMNS.map((name) => {
      const cell = document.createElement(name === "Workspace" ? "th" : "td");
      cell.dataset.label = name;
      return cell;
    });
    this.cells[0].scope = "row";
    this.cells[0].append(this.button);
    this.detail = element("td", "detail");
    this.detail.colSpan = COLUMNS.length;
    this.below = element("tr", "", this.detail);
    this.below.hidden = true;
    this.body = element("tbody", "", element("tr", "", ...this.cells), this.below);
    this.button.addEventListener("click", () => {
      this.open(this.below.hidden);
      opened();
    });
  }

  get isOpen() { return !this.below.hidden; }

  open(wanted) {
    this.below.hidden = !wanted;
    this.button.setAttribute("aria-expanded", String(wanted));
  }

  /** Shows what is known of it now. */
  show(entry, now) {
    const {workspace} = entry;
    const [, state, sinks, token, rotated, checked, trouble] = this.cells;
    this.body.className = entry.verdict.replaceAll(" ", "-");
    setText(state, entry.verdict);
    const wrong = troubles(workspace);
    setText(token, workspace.generation === 0 ? "–" : `${workspace.generation} · ${workspace.fingerprint}`);
    rotated.replaceChildren(timeOf(workspace.rotated_at ?? (workspace.rotations[0] && known(workspace.rotations[0])), now));
    checked.replaceChildren(timeOf(workspace.last_success, now));
    const lines = wrong.map((each) => troubleLine(each, now));
    if (lines.map((line) => line.textContent).join("") !== trouble.textContent) trouble.replaceChildren(...lines);
    const fresh = JSON.stringify(workspace);
    if (fresh !== this.shown) sinks.replaceChildren(...sinksOf(workspace).map(sinkMark));
    if (this.isOpen && (fresh !== this.shown || this.detail.childElementCount === 0)) {
      this.explain(workspace, now);
    }
    this.shown = fresh;
  }

  explain(workspace, now) {
    const parts = [facts(workspace, now), element("h2", "", "Rotations since the start")];
    if (workspace.rotations.length === 0) {
      parts.push(element("p", "", "None has been seen."));
    } else {
      parts.push(legend(), ...workspace.rotations.map((each) => rotationChart(each, workspace, now)));
    }
    this.detail.replaceChildren(...parts);
  }
}
