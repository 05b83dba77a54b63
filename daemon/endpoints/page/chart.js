// A rotation as a small chart: what each step took, from when its check became due.

import {ago, between, clock, duration, element} from "./words.js";
import {known} from "./workspaces.js";

const STEPS = new Map([["waited", "waiting"], ["asked", "asking the API"], ["stored", "storing"],
                       ["delivered", "delivering"], ["hook", "hook"]]);

/** What the colours mean. */
export function legend() {
  const items = [...STEPS].map(([name, words]) => element("li", "", element("span", `bar ${name}`), words));
  return element("ul", "legend", ...items);
}

function lanesOf(rotation, workspace) {
  const at = (time) => between(rotation.due_at, time);
  const stored = at(known(rotation));
  const api = {
    name: "API", end: stored, bars: [
      {step: "waited", from: 0, to: at(rotation.asked_at)},
      {step: "asked", from: at(rotation.asked_at), to: at(rotation.answered_at)},
      {step: "stored", from: at(rotation.answered_at), to: stored}],
  };
  const lanes = [api];
  for (const [name, sink] of Object.entries(rotation.sinks)) {
    const delivered = at(sink.delivered_at);
    const lane = {name, end: delivered, bars: [{step: "delivered", from: stored, to: delivered}]};
    if (sink.hook_done_at) {
      lane.end = at(sink.hook_done_at);
      lane.bars.push({step: "hook", from: delivered, to: lane.end});
    }
    lanes.push(lane);
  }
  if (rotation.generation === workspace.generation) {
    for (const [name, sink] of Object.entries(workspace.sinks)) {
      if (!Object.hasOwn(rotation.sinks, name) && !sink.in_sync) lanes.push({name, end: null, bars: []});
    }
  }
  return lanes;
}

function track(lane, whole) {
  const line = element("span", "track");
  for (const bar of lane.bars) {
    const drawn = element("span", `bar ${bar.step}`);
    // By the object model: a style attribute in markup is what the page's policy forbids.
    drawn.style.left = `${(100 * bar.from) / whole}%`;
    drawn.style.width = `${(100 * Math.max(0, bar.to - bar.from)) / whole}%`;
    line.append(drawn);
  }
  return line;
}

/** What is drawn, in words: for those who see no bar, or want to know it exactly. */
function wordsOf(lane) {
  if (lane.end === null) return "not there yet";
  const steps = lane.bars.map((bar) => `${STEPS.get(bar.step)} ${duration(Math.max(0, bar.to - bar.from))}`);
  return `${steps.join(", ")}: +${duration(lane.end)}`;
}

/** One rotation of a workspace. */
export function rotationChart(rotation, workspace, now) {
  const lanes = lanesOf(rotation, workspace);
  const whole = Math.max(0.001, ...lanes.map((lane) => lane.end ?? 0));
  const figure = element("figure", "rotation");
  const told = [`Generation ${rotation.generation} by ${rotation.trigger}, ${clock(known(rotation))}, ` +
                `${ago(known(rotation), now)}.`];
  if (rotation.rotated_at) {
    told.push(`Known ${duration(between(rotation.rotated_at, rotation.answered_at))} after the vendor's time of it.`);
  }
  figure.append(element("figcaption", "", told.join(" ")));
  for (const lane of lanes) {
    figure.append(element("div", lane.end === null ? "lane missing" : "lane", element("span", "name", lane.name),
                          track(lane, whole), element("span", "steps", wordsOf(lane))));
  }
  return figure;
}
