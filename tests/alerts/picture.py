#!/usr/bin/env python3
"""Draws metrics/dashboard.json from five minutes of the real thing: a daemon with 40 workspaces whose
tokens are rotated, whose Vault is sealed for a while, whose API goes down and throttles, and whose disk
fails, as a Prometheus saw it. For docs/alerts.md; Grafana draws the same data in its own way.

usage: tests/alerts/picture.py FILE.png      (or ./dev docs pictures)
"""

import contextlib
import datetime
import pathlib
import random
import sys
import time

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from PIL import Image  # noqa: E402

import dashboard  # noqa: E402
import world  # noqa: E402
from process import work_directory  # noqa: E402
from stand_ins import Vault  # noqa: E402

WORKSPACES, SECONDS, STEP = 40, 300, 2
WORKSPACE = "ws-7"  # whose history is drawn
UNIT = 0.235        # of Grafana's grid, in inches upwards; a 24th of the width sideways
WIDTH = 15.0
COLORS = ["#3274d9", "#56a64b", "#f2a900", "#e02f44", "#8f3bb8", "#ff780a", "#37872d", "#705da0"]
NAMED = {"ok": "#56a64b", "stale": "#f2a900", "denied": "#e02f44", "gone": "#8e8e8e",
         "never": "#3274d9", "error": "#e02f44", "unchanged": "#56a64b", "changed": "#3274d9",
         "throttled": "#f2a900"}


# -- what happens -----------------------------------------------------------------------------------

def happenings(api, vault, daemon):
    """(second, what is done)."""
    aside = daemon.directory / "aside"
    down = {"status": 500, "shape": "html", "endpoint": "any"}
    throttle = {"status": 429, "shape": "too_many", "headers": {"Retry-After": "12"}}
    return [
        (60, lambda: vault.say("set", sealed=True)), (95, lambda: vault.say("set", sealed=False)),
        (130, lambda: api.say("POST", "faults", **down)), (175, lambda: api.say("DELETE", "faults")),
        # Everybody is asked within an interval: only a throttle of all pauses everything.
        (205, lambda: api.say("POST", "faults", **throttle)), (212, lambda: api.say("DELETE", "faults")),
        (235, lambda: api.say("DELETE", "workspaces/ws-40")),
        (250, lambda: daemon.tokens.rename(aside)), (265, lambda: aside.rename(daemon.tokens))]


def rotate(api, daemon, workspace, announced):
    api.rotate(workspace)
    if announced:
        daemon.event(workspace)


def live(directory, stack):
    """Five minutes of it; returns the Prometheus that has seen them, and their end."""
    api = stack.enter_context(world.Api(directory, WORKSPACES))
    vault = stack.enter_context(Vault())
    daemon = stack.enter_context(world.Daemon(directory, api, vault, WORKSPACES, interval="5s"))
    prometheus = stack.enter_context(world.Prometheus(directory, daemon))
    daemon.wait_ready()
    chance, began = random.Random(4), time.time()
    todo = happenings(api, vault, daemon)
    todo += [(second, lambda: rotate(api, daemon, WORKSPACE, True)) for second in (25, 75, 150, 256)]
    todo += [(second, lambda each=chance.randint(1, 39): rotate(api, daemon, f"ws-{each}",
                                                                 chance.random() < 0.6))
             for second in range(10, SECONDS - 10, 3)]
    for second, act in sorted(todo, key=lambda each: each[0]):
        time.sleep(max(0.0, began + second - time.time()))
        act()
    time.sleep(max(0.0, began + SECONDS - time.time()))
    return prometheus, began + SECONDS


# -- how it is drawn --------------------------------------------------------------------------------

def shown(value, unit, now):
    if unit == "dateTimeFromNow":
        return f"{max(0, now - value / 1000):.0f} s ago"
    if unit == "bytes":
        return f"{value / 2 ** 20:.3g} MiB"
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s" and abs(value) >= 120:
        return f"{value / 3600:.3g} h" if abs(value) >= 3600 else f"{value / 60:.3g} min"
    if unit == "s":
        return f"{value:.3g} s" if abs(value) >= 1 or value == 0 else f"{value * 1000:.3g} ms"
    return f"{value:.3g}" + {"reqps": "/s", "ops": "/s"}.get(unit, "")


def name_of(legend, labels):
    for label, value in labels.items():
        legend = legend.replace("{{" + label + "}}", value)
    return legend


def telling(lines):
    """Of many lines, those that are ever anything but 0."""
    return lines if len(lines) <= 6 else [line for line in lines if any(line[3])]


class Picture:
    def __init__(self, prometheus, end):
        self.prometheus, self.end = prometheus, end
        panels = dashboard.load()["panels"]
        self.height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) + 0.5
        self.figure = pyplot.figure(figsize=(WIDTH, self.height * UNIT))
        for panel in panels:
            if panel["type"] != "row":
                self.frame(panel["gridPos"])
            getattr(self, "draw_" + panel["type"].replace("-", "_"))(panel)

    def frame(self, place):
        wide, high = 0.002, 0.15 / self.height
        self.figure.add_artist(matplotlib.patches.Rectangle(
            (place["x"] / 24 + wide, 1 - (place["y"] + place["h"]) / self.height + high),
            place["w"] / 24 - 2 * wide, place["h"] / self.height - 1.5 * high,
            fill=False, edgecolor="#d8d8d8", linewidth=0.6))

    def series(self, panel):
        """(name, labels, times, values) of each line."""
        for target in panel["targets"]:
            expression = dashboard.filled(target["expr"], WORKSPACE, "10s", f"{SECONDS}s")
            found = self.prometheus.ask("query_range", query=expression, start=self.end - SECONDS,
                                        end=self.end, step=STEP)["result"]
            for each in found:
                values = [(float(at) - self.end, float(value)) for at, value in each["values"]]
                yield name_of(target["legendFormat"], each["metric"]), each["metric"], *zip(*values)

    def axes(self, panel):
        """Where the panel is, with room for its title, its scale and its legend."""
        place = panel["gridPos"]
        left, wide = place["x"] / 24, place["w"] / 24
        top = 1 - place["y"] / self.height
        self.figure.text(left + 0.004, top - 0.35 / self.height,
                         panel["title"].replace("$workspace", WORKSPACE),
                         size=8, weight="bold", va="top", color="#222222")
        axes = self.figure.add_axes((left + 0.034, top - (place["h"] - 2.3) / self.height,
                                     wide - 0.042, (place["h"] - 3.9) / self.height))
        axes.tick_params(labelsize=6, length=2, color="#999999", labelcolor="#555555")
        axes.grid(color="#e6e6e6", linewidth=0.5)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlim(-SECONDS, 0)
        axes.xaxis.set_major_locator(matplotlib.ticker.MultipleLocator(60))
        axes.xaxis.set_major_formatter(lambda at, _: f"{(at + SECONDS) / 60:.0f} min")
        unit = panel["fieldConfig"]["defaults"]["unit"]
        axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4 if place["h"] > 5 else 2))
        axes.yaxis.set_major_formatter(lambda value, _: shown(value, unit, self.end))
        return axes

    @staticmethod
    def name_lines(axes, count, place):
        if count:
            below = -0.75 / (place["h"] - 3.9)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, below),
                        ncol=max(1, min(count, place["w"] // 2 - 1, 5)),
                        fontsize=6, frameon=False, handlelength=1, columnspacing=1, borderpad=0)

    def draw_row(self, panel):
        top = 1 - panel["gridPos"]["y"] / self.height
        self.figure.text(0.004, top - 0.2 / self.height,
                         panel["title"].replace("$workspace", WORKSPACE), size=10, va="top",
                         color="#3274d9", weight="bold")

    def draw_stat(self, panel):
        place, defaults = panel["gridPos"], panel["fieldConfig"]["defaults"]
        left, top = place["x"] / 24, 1 - place["y"] / self.height
        value = [values[-1] for *_, values in self.series(panel)][-1]
        bad = [step for step in defaults["thresholds"]["steps"] if step["color"] == "red"]
        color = "#222222" if not bad else "#e02f44" if value >= bad[0]["value"] else "#37872d"
        self.figure.text(left + 0.004, top - 0.35 / self.height, panel["title"], size=8, va="top",
                         weight="bold", color="#222222")
        self.figure.text(left + place["w"] / 48, top - (place["h"] + 1) / 2 / self.height,
                         shown(value, defaults["unit"], self.end), size=16, ha="center", va="center",
                         color=color)

    def draw_timeseries(self, panel):
        axes, custom = self.axes(panel), panel["fieldConfig"]["defaults"]["custom"]
        lines = telling(list(self.series(panel)))
        colors = [NAMED.get(name, COLORS[i % len(COLORS)]) for i, (name, *_) in enumerate(lines)]
        if "stacking" in custom:
            every = sorted({at for _, _, times, _ in lines for at in times})
            heights = [[dict(zip(times, values)).get(at, 0) for at in every]
                       for _, _, times, values in lines]
            axes.stackplot(every, heights, labels=[name for name, *_ in lines], colors=colors,
                           alpha=0.75, linewidth=0)
        else:
            style = "steps-post" if custom.get("lineInterpolation") else "default"
            for (name, _, times, values), color in zip(lines, colors):
                axes.plot(times, values, label=name, color=color, linewidth=1.1, drawstyle=style)
        if "thresholdsStyle" in custom:
            axes.axhline(3, color="#e02f44", linewidth=0.7, linestyle="--")
        if panel["fieldConfig"]["defaults"].get("min") == 0:
            axes.set_ylim(bottom=0)
        self.name_lines(axes, len(lines), panel["gridPos"])

    def draw_state_timeline(self, panel):
        axes, names = self.axes(panel), []
        for place, (name, _, times, values) in enumerate(self.series(panel)):
            names.append(name)
            for at, value in zip(times, values):
                axes.broken_barh([(at, STEP + 0.2)], (place + 0.15, 0.7),
                                 color="#73bf69" if value >= 1 else "#e02f44", linewidth=0)
        axes.set_yticks([place + 0.5 for place in range(len(names))], names)
        axes.yaxis.set_major_formatter(matplotlib.ticker.FixedFormatter(names))
        axes.grid(False)

    def draw_heatmap(self, panel):
        axes = self.axes(panel)
        found = sorted(((float(labels["le"]), dict(zip(times, values)))
                        for _, labels, times, values in self.series(panel)), key=lambda each: each[0])
        every = sorted({at for _, values in found for at in values})
        rows, below = [], dict.fromkeys(every, 0.0)
        for _, values in found:
            rows.append([max(0.0, values.get(at, 0) - below[at]) for at in every])
            below = {at: values.get(at, 0) for at in every}
        rows = [[value or float("nan") for value in row] for row in rows]
        axes.pcolormesh(every, range(len(rows)), rows, cmap="Oranges", shading="nearest", vmin=0)
        names = [shown(bound, "s", 0) if bound < 1e9 else "more" for bound, _ in found]
        axes.set_yticks(range(len(names)), names)
        axes.yaxis.set_major_formatter(matplotlib.ticker.FixedFormatter(names))
        axes.grid(False)

    def draw_table(self, panel):
        place = panel["gridPos"]
        axes = self.axes(panel)
        axes.axis("off")
        rows = [[labels["instance"], labels["version"],
                 datetime.datetime.fromtimestamp(values[-1] / 1000).strftime("%H:%M:%S")]
                for _, labels, _, values in self.series(panel)]
        table = axes.table(rows, colLabels=["instance", "version", "configured"], loc="upper center",
                           edges="horizontal", cellLoc="left")
        table.auto_set_font_size(False)
        table.set_fontsize(7)
        table.scale(1, 1.3 * place["h"] / 7)

    def save(self, path):
        self.figure.savefig(path, dpi=105, facecolor="white")
        Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)


def main(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(work_directory())
        prometheus, end = live(directory, stack)
        Picture(prometheus, end).save(path)
    print(f"{path}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
