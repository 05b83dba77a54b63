#pragma once

// What `--help` says beside the names of commands and options.
#include <string_view>

namespace tokensyncd::commands {

inline constexpr auto about =
    "Delivers TimelinesAI API tokens from the Partner API to files, Vault and programs, and keeps "
    "them in sync.";

inline constexpr auto examples = R"(Examples:
  tokensyncd check                 is the configuration right, can the schedule be met?
  tokensyncd once --timeout 30s    every token in its place once (init container, cron)
  tokensyncd run                   the daemon, in the foreground
  tokensyncd status --wait 60s     wait until everything is in sync
  tokensyncd sync acme-support     check one workspace now
  tokensyncd rotate acme-support   replace its token
)";

inline constexpr auto exit_codes = R"(
Exit codes: 0 done; 1 not everything is in sync or done; 2 plan: something would change; 64 usage;
69 no daemon is running; 71 can't bind or open; 75 another process holds the state;
78 the configuration has errors.
)";

/// Examples for the help of one command.
struct command_examples {
  std::string_view command;
  std::string_view lines;
};

inline constexpr command_examples examples_of_commands[] = {
    {"run", "  tokensyncd run -c ./tokensyncd.yaml --log-level debug\n"},
    {"once",
     "  tokensyncd once --timeout 30s        every token in its place (init container, cron)\n"
     "  tokensyncd once acme-support         only this workspace\n"},
    {"check",
     "  tokensyncd check                     look, and write nothing\n"
     "  tokensyncd check --online            ask the API and Vault as well\n"
     "  tokensyncd check --print > all.yaml  the configuration as it takes effect\n"},
    {"plan",
     "  tokensyncd plan --limit 20           what the next round would change\n"
     "  tokensyncd plan --sink vault         only there\n"},
    {"status",
     "  tokensyncd status --trouble          what is wrong now, the worst first\n"
     "  tokensyncd status --watch            the same, kept up to date on this terminal\n"
     "  tokensyncd status --wait 60s --quiet wait until all that is required is in sync\n"
     "  tokensyncd status --json | jq -r .summary\n"},
    {"sync",
     "  tokensyncd sync acme-support         check one workspace now\n"
     "  tokensyncd sync --trouble            try again what is in trouble\n"},
    {"event",
     "  tokensyncd event acme-support        try the webhook and the delivery, without a "
     "rotation\n"},
    {"reload",
     "  tokensyncd reload                    take the changed configuration, or say why not\n"},
    {"rotate",
     "  tokensyncd rotate acme-support       ask, replace the token, deliver, confirm\n"
     "  tokensyncd rotate acme-support --yes --if-older-than 30d\n"
     "  tokensyncd rotate --all --if-older-than 90d\n"},
    {"verify",
     "  tokensyncd verify                    do all delivered tokens work?\n"
     "  tokensyncd verify --sink vault --limit 20\n"},
};

}  // namespace tokensyncd::commands
