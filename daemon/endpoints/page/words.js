// Times and lengths of time in few words, and elements without markup.

const UNITS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]];

/** A length of time in milliseconds: "0.4 ms", "12 s", "3 h". */
export function duration(milliseconds) {
  const size = Math.abs(milliseconds);
  if (size < 1_000) return `${size < 100 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  const [unit, name] = UNITS.find(([each]) => size >= each);
  const count = milliseconds / unit;
  return `${Math.abs(count) < 10 && name !== "s" ? count.toFixed(1) : Math.round(count)} ${name}`;
}

/** How long ago something was, or in how long it is. */
export function ago(time, now) {
  const past = now - new Date(time);
  if (Math.abs(past) < 1_000) return "now";
  return past > 0 ? `${duration(past)} ago` : `in ${duration(-past)}`;
}

/** Microseconds, which a Date doesn't keep, between two times as /status writes them. */
export function between(from, to) {
  const micro = (time) => Number((/\.(\d{1,6})/.exec(time)?.[1] ?? "0").padEnd(6, "0")) / 1_000;
  const whole = (time) => Math.floor(Date.parse(time) / 1_000) * 1_000;
  return whole(to) - whole(from) + micro(to) - micro(from);
}

/** Day and time of this browser's zone, to the second, and the zone. */
export const clock = (time) => new Date(time).toLocaleString(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  second: "2-digit", hour12: false, timeZoneName: "short"});

/** An element with a class, and children: elements or texts, which are never read as markup. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Changes a text only where it is another, so that nothing is read out or selected anew. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
