"""What metrics/dashboard.json asks, with its variables replaced."""

import json
import pathlib

FILE = pathlib.Path(__file__).resolve().parents[2] / "metrics/dashboard.json"


def load():
    return json.loads(FILE.read_text())


def panels():
    """Those that show something; a row only parts them."""
    return [panel for panel in load()["panels"] if panel["type"] != "row"]


def filled(expression, workspace, interval="15s", whole="1m"):
    for variable, value in {"$job": ".+", "$instance": ".+", "$workspace": workspace,
                            "$__rate_interval": interval, "$__interval": interval,
                            "$__range": whole}.items():
        expression = expression.replace(variable, value)
    return expression
