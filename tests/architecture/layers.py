"""Who may know whom: docs/architecture.md's table, for the machine."""

MODEL = "daemon/model/"
RUNTIME = "daemon/runtime/"
HTTP = "daemon/http/"
PORTS = "daemon/sync/ports/"
SYNC = [PORTS, "daemon/sync/engine.hpp"]  # what outsiders see of it
TELEMETRY = "daemon/telemetry/"
VALUES = "config/values.hpp"
TEMPLATES = "config/text_template.hpp"
WINDOWS = "config/time_window.hpp"

# A folder, and the beginnings of the project's paths that it may include besides its own. What
# isn't here (main and the tests) may include everything, and is included by nobody below.
BELOW_COMMANDS = ["config/", "metrics/", MODEL, RUNTIME, HTTP, *SYNC, TELEMETRY, "daemon/source/",
                  "daemon/sinks/", "daemon/store/", "daemon/endpoints/", "daemon/webhook/",
                  "daemon/control/"]

MAY_INCLUDE = {
    "config": ["daemon/model/utf8.hpp"],
    "metrics": [],
    "daemon/model": [],
    "daemon/runtime": [MODEL],
    "daemon/http": [MODEL, RUNTIME],
    "daemon/sync/ports": [MODEL, RUNTIME, VALUES],
    "daemon/sync": [MODEL, RUNTIME, VALUES, WINDOWS, PORTS],
    "daemon/source": [MODEL, RUNTIME, HTTP, PORTS, VALUES],
    "daemon/sinks": [MODEL, RUNTIME, HTTP, PORTS, VALUES, TEMPLATES],
    "daemon/store": [MODEL, RUNTIME, PORTS],
    "daemon/telemetry": [MODEL, RUNTIME, PORTS, "metrics/"],
    "daemon/endpoints": [MODEL, RUNTIME, HTTP, PORTS, TELEMETRY, "metrics/"],
    "daemon/webhook": [MODEL, RUNTIME, HTTP, PORTS, TELEMETRY, VALUES, "daemon/source/",
                       "config/rules/listeners.hpp", "metrics/"],
    "daemon/control": [MODEL, RUNTIME, PORTS],
    "daemon/application": BELOW_COMMANDS,
    "daemon/commands": [*BELOW_COMMANDS, "daemon/application/"],
}

ABOVE_MODEL = [RUNTIME, HTTP, "daemon/sync/", "daemon/source/", "daemon/sinks/", "daemon/store/",
               TELEMETRY, "daemon/endpoints/", "daemon/webhook/", "daemon/control/",
               "daemon/application/", "daemon/commands/", "tests/", "bench/"]

TLS = [HTTP, "tests/sandbox/", "tests/support/", "tests/unit/http/", "tests/integration/", "bench/"]

# The beginning of a foreign header, and the beginnings of the paths that may include it. The first
# that fits counts.
ONLY_IN = {
    "boost/beast": TLS,
    "boost/asio/ssl": TLS,
    "openssl/ssl.h": TLS,
    # Its || goes on when one side fails, and throws "multiple exceptions" when both are cancelled.
    "boost/asio/experimental/awaitable_operators": ["tests/"],
    "boost/asio": ABOVE_MODEL,
    "boost/json": ["daemon/source/", "daemon/sinks/", "daemon/telemetry/", "daemon/endpoints/",
                   "daemon/control/", "daemon/commands/", "tests/"],
    "openssl/": [RUNTIME, HTTP, "tests/", "bench/"],
    "yaml-cpp/": ["config/", "tests/"],
    "date/": ["config/"],
    "sqlite3.h": ["daemon/store/", "tests/"],
    "prometheus/": ["metrics/", "tests/"],
    "spdlog/": [RUNTIME, TELEMETRY, "tests/"],
    "systemd/": [RUNTIME, TELEMETRY, "tests/"],
    "CLI/": ["daemon/commands/", "tests/", "bench/"],
    "gtest/": ["tests/"],
    "gmock/": ["tests/"],
    "fstream": ["config/", "metrics/", *ABOVE_MODEL],
}
