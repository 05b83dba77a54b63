#include "daemon/commands/console/command_line.hpp"

#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/units.hpp"
#include "daemon/commands/console/help_formatter.hpp"
#include "daemon/commands/console/help_text.hpp"
#include "daemon/model/version.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {

namespace {

// CLI11 reads an argument in brackets as a list: `[a,b]` as two words, `[]` as none. A NUL after
// the bracket, which no argument can hold, keeps it one word until it is taken.
constexpr char guard = '\0';

/// The arguments in the order that CLI11's parser wants: the last one first.
std::vector<std::string> guarded(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) {
    std::string& word = words.emplace_back(argv[i]);
    if (word.starts_with('[') && word.ends_with(']')) word += guard;
  }
  return words;
}

/// `help` and `help COMMAND` as what they mean; the last word is the first one given.
std::vector<std::string> with_help_as_option(std::vector<std::string> words) {
  if (words.empty() || words.back() != "help") return words;
  words.pop_back();
  words.insert(words.begin(), "--help");
  return words;
}

std::string without_guard(std::string text) {
  std::erase(text, guard);
  return text;
}

/// Makes an option take each word as it was given.
void take_literally(CLI::Option& option) {
  const auto take = [](std::string& word) {
    word = without_guard(std::move(word));
    return std::string{};
  };
  option.transform(CLI::Validator{take, ""});
}

/// Adds the workspaces that a command is for.
CLI::Option& add_workspaces(CLI::App& command, std::vector<std::string>& out, const char* help) {
  CLI::Option& option = *command.add_option("WORKSPACE", out, help);
  take_literally(option);
  return option;
}

/// Adds what `status` and those that take the same filters understand.
void add_selection(CLI::App& command, status_selection& out) {
  add_workspaces(command, out.workspaces, "Only these workspaces");
  command.add_flag("--trouble", out.trouble, "Only what is in trouble");
  CLI::Option& sink = *command.add_option("--sink", out.sink, "Only this sink")->type_name("NAME");
  take_literally(sink);
}

void add_limit(CLI::App& command, std::size_t& out) {
  const auto take = [&out](const std::string& text) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end || out == 0)
      throw CLI::ValidationError("--limit", "a limit is a whole number from 1 on");
  };
  command
      .add_option_function<std::string>("--limit", take, "At most this many lines, the worst first")
      ->type_name("NUMBER");
}

/// Adds the option `name`, which takes a duration.
template <class Duration>
void add_duration(CLI::App& command, const char* name, Duration& out, const char* help) {
  const auto take = [name, &out](const std::string& text) {
    const auto value = config::parse_duration(text);
    if (value && value->count() == 0) {
      throw CLI::ValidationError(name, "a duration must be more than 0");
    }
    if (!value || value->count() < 0) {
      throw CLI::ValidationError(name,
                                 "a duration is a number with a unit, such as 500ms, 30s or 5m");
    }
    out = *value;
  };
  command.add_option_function<std::string>(name, take, help)->type_name("DURATION");
}

/// Adds the command `name`; its options live as long as `out`, which takes them when it is chosen.
template <class Options>
std::pair<CLI::App*, Options*> add(CLI::App& app, command_options& out, const char* name,
                                   const char* help) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(name, help);
  auto* raw = options.get();
  command->callback([options = std::move(options), &out] { out = *options; });
  return {command, raw};
}

void add_common(CLI::App& app, common_options& out) {
  const auto is_named = [](const std::string& file) {
    return file.empty() ? "the file name is empty; check whether a shell variable is unset"
                        : std::string{};
  };
  CLI::Option& config = *app.add_option("-c,--config", out.config, "Configuration file")
                             ->envname("TOKENSYNCD_CONFIG")
                             ->check(CLI::Validator{is_named, ""})
                             ->type_name("FILE")
                             ->capture_default_str();
  take_literally(config);
  const auto set_level = [&out](const std::string& name) {
    constexpr std::pair<std::string_view, config::log_level> levels[] = {
        {"debug", config::log_level::debug},
        {"info", config::log_level::info},
        {"warning", config::log_level::warning},
        {"error", config::log_level::error}};
    for (const auto& [word, level] : levels) {
      if (name == word) {
        out.level = level;
        return;
      }
    }
    throw CLI::ValidationError("--log-level", "a log level is debug, info, warning or error");
  };
  app.add_option_function<std::string>(
         "--log-level", set_level,
         "debug, info, warning or error; overrides log.level of the configuration")
      ->type_name("LEVEL");
}

void add_rotate(CLI::App& app, command_options& out) {
  const auto [rotate, rotate_to] =
      add<rotate_options>(app, out, "rotate",
                          "Replace tokens with new ones, deliver and confirm them; the old tokens "
                          "stop working at once. Exit code: 0 all confirmed, 1 not all");
  CLI::Option& named = add_workspaces(*rotate, rotate_to->workspaces, "The workspaces to rotate");
  rotate
      ->add_flag("--all", rotate_to->all,
                 "All workspaces, with --if-older-than; stops at the first that is not confirmed")
      ->excludes(&named);
  rotate->add_flag("--yes", rotate_to->yes, "Do not ask for confirmation");
  rotate->add_flag("--force", rotate_to->force,
                   "Rotate even if a destination is known to refuse the new token");
  add_duration(*rotate, "--if-older-than", rotate_to->older_than,
               "Rotate only tokens that are older than this, for use in a timer");
  add_duration(*rotate, "--timeout", rotate_to->timeout,
               "Wait this long for each workspace, for the API and for the sinks (default 60s)");
}

void add_commands(CLI::App& app, command_options& out) {
  add<run_options>(app, out, "run", "Run the daemon in the foreground");

  const auto [once, once_to] = add<once_options>(
      app, out, "once",
      "Deliver every token to its sinks, then exit. Exit code: 0 all delivered, 1 not all");
  add_workspaces(*once, once_to->workspaces, "Only these workspaces");
  add_duration(*once, "--timeout", once_to->timeout, "Give up after this long (default 60s)");

  const auto [check, check_to] = add<check_options>(
      app, out, "check", "Validate the configuration and look for what would fail later");
  check->add_flag("--online", check_to->online,
                  "Also ask the API about each workspace, log in to Vault and test each directory; "
                  "nothing is left behind");
  check->add_flag("--print", check_to->print, "Print the effective configuration first, as YAML");

  const auto [plan, plan_to] = add<plan_options>(
      app, out, "plan",
      "Show what the next round would change. Exit code: 0 nothing, 2 changes, 1 failure");
  add_selection(*plan, plan_to->selection);
  add_limit(*plan, plan_to->limit);

  const auto [status, status_to] = add<status_options>(
      app, out, "status",
      "Show the state of the running daemon. Exit code: 0 all in sync, 1 not all");
  add_selection(*status, status_to->selection);
  add_limit(*status, status_to->limit);
  auto* json = status->add_flag("--json", status_to->json, "Print JSON, for programs");
  auto* watch = status->add_flag("--watch", status_to->watch,
                                 "Show the status again every second until q or Ctrl-C");
  auto* quiet =
      status->add_flag("--quiet", status_to->quiet, "Print nothing, only set the exit code");
  watch->excludes(json)->excludes(quiet);
  quiet->excludes(json);
  add_duration(*status, "--wait", status_to->wait,
               "Wait this long for the daemon to start and for all that is required to be in sync");

  const auto [sync, sync_to] =
      add<sync_options>(app, out, "sync", "Tell the running daemon to check workspaces now");
  add_selection(*sync, sync_to->selection);

  const auto [event, event_to] = add<event_options>(
      app, out, "event",
      "Have the running daemon take an event for a workspace as if the vendor "
      "had sent it, and wait for the check. Exit code: 0 checked and in every sink, 1 not");
  take_literally(*event->add_option("WORKSPACE", event_to->workspace, "The workspace")->required());
  add_duration(*event, "--timeout", event_to->timeout, "Wait this long (default 10s)");

  add<reload_options>(app, out, "reload",
                      "Tell the running daemon to read its configuration again");
  add_rotate(app, out);

  const auto [verify, verify_to] =
      add<verify_options>(app, out, "verify",
                          "Ask the Public API whether the delivered tokens work. Exit code: 0 all "
                          "work, 1 not all, or unknown");
  add_selection(*verify, verify_to->selection);
  add_limit(*verify, verify_to->limit);
}

/// Has the help of each command show what every command understands, too.
void show_common(CLI::App& app) {
  const help_formatter formatter;
  const auto common =
      formatter.make_group("Options of every command", false,
                           {app.get_option("--config"), app.get_option("--log-level")});
  const auto first = common.find_first_not_of('\n');
  for (const auto& [name, lines] : examples_of_commands) {
    app.get_subcommand(std::string{name})
        ->footer(common.substr(first) + "\nExamples:\n" + std::string{lines} + exit_codes);
  }
}

early_exit usage_error(const std::string& what) {
  return {exit_code::usage, what + "; `tokensyncd --help` lists the commands and options"};
}

/// What a command line of `rotate` doesn't say; null where nothing is missing.
const char* what_rotate_lacks(const command_options& command) {
  const auto* const rotate = std::get_if<rotate_options>(&command);
  if (rotate == nullptr) return nullptr;
  if (rotate->all) return rotate->older_than ? nullptr : "--all needs --if-older-than";
  return rotate->workspaces.empty() ? "name the workspaces to rotate, or --all" : nullptr;
}

}  // namespace

std::variant<invocation, early_exit> parse_command_line(int argc, const char* const* argv) {
  invocation parsed;
  CLI::App app{about, "tokensyncd"};
  app.formatter(std::make_shared<help_formatter>());
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(std::string{examples} + exit_codes);
  app.set_version_flag("--version", "tokensyncd " + std::string{program_version()} + " (git " +
                                        std::string{program_revision()} + ")");
  add_common(app, parsed.common);
  add_commands(app, parsed.command);
  show_common(app);
  try {
    app.parse(with_help_as_option(guarded(argc, argv)));
  } catch (const CLI::CallForHelp&) {
    // The chosen command's help is its parent's to find.
    return early_exit{exit_code::ok, app.help()};
  } catch (const CLI::CallForVersion& asked) {
    return early_exit{exit_code::ok, std::string{asked.what()} + "\n"};
  } catch (const CLI::RequiredError& missing) {
    if (!app.get_subcommands().empty()) return usage_error(missing.what());
    const auto unknown = app.remaining();
    return usage_error(unknown.empty() ? "no command"
                                       : "unknown command " + printable(unknown.front()));
  } catch (const CLI::ParseError& mistake) {
    return usage_error(mistake.what());
  }
  if (const char* const missing = what_rotate_lacks(parsed.command)) return usage_error(missing);
  return parsed;
}

}  // namespace tokensyncd::commands
