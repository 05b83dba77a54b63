"""Who may know whom: docs/architecture.md's table, for the machine."""

MODEL = "daemon/model/"
RUNTIME = "daemon/runtime/"
HTTP = "daemon/http/"
SYNC = "daemon/sync/"
VALUES = "config/values.hpp"
TEMPLATES = "config/text_template.hpp"

# A folder, and the beginnings of the project's paths that it may include besides its own. What
# isn't here (main, the application, the commands, the tests) may include everything, and is
# included by nobody below.
MAY_INCLUDE = {
    "config": [],
    "metrics": [],
    "daemon/model": [],
    "daemon/runtime": [MODEL],
    "daemon/http": [MODEL, RUNTIME],
    "daemon/sync": [MODEL, RUNTIME, VALUES],
    "daemon/source": [MODEL, RUNTIME, HTTP, SYNC, VALUES],
    "daemon/sinks": [MODEL, RUNTIME, HTTP, SYNC, VALUES, TEMPLATES],
    "daemon/store": [MODEL, RUNTIME, SYNC],
    "daemon/telemetry": [MODEL, RUNTIME, SYNC, "metrics/"],
    "daemon/endpoints": [MODEL, RUNTIME, HTTP, SYNC, "daemon/telemetry/", "metrics/"],
}

ROOT = "daemon/*"  # the files of daemon/ itself: main and the application

ABOVE_MODEL = [RUNTIME, HTTP, SYNC, "daemon/source/", "daemon/sinks/", "daemon/store/",
               "daemon/telemetry/", "daemon/endpoints/", "daemon/commands/", ROOT,
               "tests/", "bench/"]

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
                   "daemon/commands/", ROOT, "tests/"],
    "openssl/": [RUNTIME, HTTP, "tests/", "bench/"],
    "yaml-cpp/": ["config/", "tests/"],
    "sqlite3.h": ["daemon/store/", "tests/"],
    "prometheus/": ["metrics/", "tests/"],
    "spdlog/": [RUNTIME, "daemon/telemetry/", "tests/"],
    "systemd/": [RUNTIME, "daemon/telemetry/", "tests/"],
    "CLI/": ["daemon/commands/", ROOT, "tests/", "bench/"],
    "gtest/": ["tests/"],
    "gmock/": ["tests/"],
    "fstream": ["config/", "metrics/", *ABOVE_MODEL],
}
