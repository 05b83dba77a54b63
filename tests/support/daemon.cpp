#include "tests/support/daemon.hpp"

#include <csignal>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <boost/json/parse.hpp>

#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

std::string indented(const std::string& lines, std::string_view by) {
  std::istringstream in(lines);
  std::string out;
  for (std::string line; std::getline(in, line);) out.append(by).append(line).append("\n");
  return out;
}

std::string configuration(const sandbox& api, const daemon_options& options) {
  std::string out = "version: 1\npartner:\n  id: acme\n  secret_file: partner-secret\n";
  out += "  api_url: " + api.api_url() + "\n  public_api_url: " + api.public_api_url() + "\n";
  out += "  tls: {ca_file: " + api.ca_file().string() + "}\n";
  out += "  rate_limit: " + options.rate_limit + "\n" + indented(options.partner_more, "  ");
  out += "poll: {interval: " + options.interval + ", jitter: 0%}\n";
  out += "workspaces:\n";
  for (const auto& id : options.workspaces) out += "  - {id: \"" + id + "\"}\n";
  if (options.workspaces.empty()) out += "  []\n";
  out += "sinks:\n  files:\n    type: file\n    path: tokens/{workspace}\n";
  out += indented(options.sink_more, "    ") + indented(options.sinks_more, "  ");
  out += "admin: {listen: [], socket: control.sock, ready_grace: " + options.ready_grace + "}\n";
  out += "state: " + options.state + "\n";
  out += "log: {level: " + options.log_level + ", format: json}\n";
  return out + options.more;
}

/// What a command said, apart from the line about a slow disk: how fast this machine's is, is no
/// matter of a test (but of those that slow it down themselves, which run a process).
std::string apart_from_the_disk(std::string said) {
  const auto begin = said.find("tokensyncd: waiting for the state file ");
  if (begin == std::string::npos) return said;
  return said.erase(begin, said.find('\n', begin) + 1 - begin);
}

}  // namespace

daemon::daemon(sandbox& api, daemon_options options) : api_(api) {
  std::filesystem::create_directory(directory() / "tokens");
  write_file(secret_file(), api.partner_secret() + "\n");
  configure(std::move(options));
}

daemon::~daemon() {
  if (process_) process_->end_well();
}

std::filesystem::path daemon::token_file(std::string_view workspace) const {
  return directory() / "tokens" / workspace;
}

std::string daemon::delivered(std::string_view workspace) const {
  return read_if_there(token_file(workspace));
}

void daemon::configure(daemon_options options) {
  options_ = std::move(options);
  write_file(config_file(), configuration(api_, options_));
}

program daemon::program_of(std::vector<std::string> words,
                           const std::vector<std::string>& below) const {
  words.insert(words.end(), {"--config", config_file().string()});
  program what{TOKENSYNCD_PATH, std::move(words), options_.environment, directory()};
  if (!below.empty()) {
    what.arguments.insert(what.arguments.begin(), what.path);
    what.arguments.insert(what.arguments.begin(), below.begin() + 1, below.end());
    what.path = below.front();
  }
  return what;
}

finished daemon::command(const std::vector<std::string>& words,
                         const std::vector<std::string>& below) const {
  auto done = run(program_of(words, below));
  done.errors = apart_from_the_disk(std::move(done.errors));
  said_ += done.output + done.errors;
  return done;
}

finished daemon::command_on_terminal(const std::vector<std::string>& words,
                                     unsigned short columns) const {
  auto done = run_on_terminal(program_of(words), columns);
  done.output = apart_from_the_disk(std::move(done.output));
  said_ += done.output;
  return done;
}

void daemon::launch(const std::vector<std::string>& below, const std::vector<std::string>& words) {
  if (process_) stop();
  process_ = std::make_unique<process>(program_of(words, below));
}

void daemon::start(const std::vector<std::string>& below) {
  launch(below);
  const bool answers = eventually([this] {
    if (!process_->is_running()) return true;
    try {
      return ask("/livez").status == 200;
    } catch (const std::system_error&) {
      return false;
    }
  });
  if (!answers || !process_->is_running())
    throw std::runtime_error("the daemon doesn't run; it said:\n" + process_->output() +
                             process_->errors());
}

std::uint16_t daemon::webhook_port() const {
  constexpr std::string_view etag = "\"webhook\":\"127.0.0.1:";
  std::string said;
  const bool found = eventually([&] {
    said = process_->errors();
    return said.find(etag) != std::string::npos;
  });
  if (!found) throw std::runtime_error("the daemon doesn't say where it listens for events");
  return static_cast<std::uint16_t>(std::stoul(said.substr(said.rfind(etag) + etag.size())));
}

int daemon::stop() {
  process_->signal(SIGTERM);
  const int code = process_->wait();
  said_ += process_->output() + process_->errors();
  process_.reset();
  return code;
}

void daemon::kill() {
  process_->signal(SIGKILL);
  process_->wait();
  said_ += process_->output() + process_->errors();
  process_.reset();
}

http_answer daemon::ask(std::string_view path, std::string_view method) const {
  return http_call(socket().string(), {method, path, {}, {}});
}

std::map<std::string, double> daemon::metrics() const {
  std::map<std::string, double> out;
  std::istringstream lines(ask("/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;
    out[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return out;
}

double daemon::metric(const std::string& name) const {
  const auto all = metrics();
  const auto found = all.find(name);
  return found == all.end() ? 0 : found->second;
}

json::value daemon::status() const {
  return json::parse(ask("/status").body);
}

json::object daemon::status(std::string_view workspace) const {
  const auto all = status();
  for (const auto& one : all.at("workspaces").as_array())
    if (one.at("id").as_string() == workspace) return one.as_object();
  throw std::runtime_error("no status of " + std::string(workspace));
}

std::string daemon::all_output() const {
  return process_ ? said_ + process_->output() + process_->errors() : said_;
}

bool daemon::says(std::string_view text) const {
  return eventually([&] { return all_output().find(text) != std::string::npos; });
}

}  // namespace tokensyncd::tests
