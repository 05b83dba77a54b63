#include "tests/support/sandbox.hpp"

#include <stdexcept>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <openssl/evp.h>

#include "tests/support/files.hpp"
#include "tests/support/http_call.hpp"

namespace tokensyncd::tests {
namespace {

namespace json = boost::json;

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<const unsigned char*>(bytes.data()),
                                    static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// An id or a prefix as one segment of a path.
std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (stays) {
      out += c;
    } else {
      out.append({'%', digits[byte >> 4U], digits[byte & 0xFU]});
    }
  }
  return out;
}

std::string path_of(std::string_view workspace) {
  return "workspaces/" + encoded(workspace);
}

program program_of(const sandbox_options& options, const std::filesystem::path& directory) {
  write_file(directory / "secret", options.partner_secret);
  program out{TOKENSYNCD_SANDBOX_PATH,
              {"--certificates", directory.string(), "--partner-secret-file",
               (directory / "secret").string()},
              {},
              {}};
  auto& arguments = out.arguments;
  for (const auto& id : options.workspaces) arguments.insert(arguments.end(), {"--workspaces", id});
  if (options.count > 0) {
    arguments.insert(arguments.end(), {"--workspace-prefix", options.prefix, "--count",
                                       std::to_string(options.count)});
  }
  arguments.insert(arguments.end(), options.more.begin(), options.more.end());
  return out;
}

}  // namespace

fault::~fault() noexcept(false) {
  where_.control("POST", "faults", about_);
}

fault& fault::answer(unsigned status, std::string_view shape, std::string_view error) {
  with("status", status).with("shape", shape);
  return error.empty() ? *this : with("error", error);
}

fault& fault::body(std::string_view bytes) {
  return with("body_base64", json::string(base64(bytes)));
}

fault& fault::raw(std::string_view bytes) {
  return with("raw_base64", json::string(base64(bytes)));
}

fault& fault::without_field(std::string_view name) {
  if (!about_.contains("omit")) about_["omit"] = json::array{};
  about_["omit"].as_array().emplace_back(name);
  return *this;
}

fault& fault::header(std::string_view name, std::string_view value) {
  if (!about_.contains("headers")) about_["headers"] = json::object{};
  about_["headers"].as_object()[name] = value;
  return *this;
}

sandbox::sandbox(const sandbox_options& options)
    : partner_secret_(options.partner_secret), process_(program_of(options, directory_.path())) {
  const auto ready = json::parse(process_.wait_for_line("control_url"));
  api_url_ = json::value_to<std::string>(ready.at("api_url"));
  public_api_url_ = json::value_to<std::string>(ready.at("public_api_url"));
  port_ = ready.at("port").to_number<std::uint16_t>();
  control_address_ = "127.0.0.1:" + std::to_string(ready.at("control_port").as_int64());
  ca_file_ = json::value_to<std::string>(ready.at("ca_file"));
}

std::string sandbox::rotate(std::string_view workspace) {
  const auto now = control("POST", path_of(workspace) + "/rotate");
  return json::value_to<std::string>(now.at("token"));
}

void sandbox::rotate_to(std::string_view workspace, std::string_view token) {
  control("POST", path_of(workspace) + "/rotate", {{"token", token}});
}

std::uint64_t sandbox::rotate_all(std::string_view prefix, std::uint64_t limit) {
  const auto done = control("POST", "rotate", {{"prefix", prefix}, {"limit", limit}});
  return done.at("rotated").to_number<std::uint64_t>();
}

void sandbox::give(std::string_view workspace, std::string_view token) {
  change(workspace, {{"token", token}});
}

void sandbox::add(std::string_view workspace) {
  change(workspace, {{"exists", true}});
}

void sandbox::remove(std::string_view workspace) {
  control("DELETE", path_of(workspace));
}

void sandbox::change(std::string_view workspace, const json::object& what) {
  control("PUT", path_of(workspace), what);
}

void sandbox::set(const json::object& settings) {
  control("PATCH", "settings", settings);
}

void sandbox::clear_faults() {
  control("DELETE", "faults");
}

std::uint64_t sandbox::held() {
  return control("GET", "held").at("held").to_number<std::uint64_t>();
}

void sandbox::release() {
  control("POST", "release");
}

void sandbox::close_idle_connections() {
  control("POST", "connections/close");
}

std::string sandbox::token(std::string_view workspace) {
  return json::value_to<std::string>(control("GET", path_of(workspace)).at("token"));
}

std::map<std::string, std::string> sandbox::tokens(std::string_view prefix) {
  return json::value_to<std::map<std::string, std::string>>(
      control("GET", "tokens?prefix=" + encoded(prefix)));
}

std::uint64_t sandbox::count(std::string_view workspace, std::string_view name) {
  return control("GET", path_of(workspace)).at(name).to_number<std::uint64_t>();
}

std::uint64_t sandbox::count(std::string_view name) {
  return control("GET", "counters").at(name).to_number<std::uint64_t>();
}

std::uint64_t sandbox::answered(std::string_view kind) {
  const auto counters = control("GET", "counters");
  const auto* number = counters.at("answers").as_object().if_contains(kind);
  return number == nullptr ? 0 : number->to_number<std::uint64_t>();
}

std::vector<asked> sandbox::log(std::string_view workspace) {
  std::vector<asked> out;
  const auto lines = control("GET", "log?workspace=" + encoded(workspace));
  for (const auto& line : lines.as_array()) {
    out.push_back({line.at("at_ns").as_int64(), json::value_to<std::string>(line.at("workspace")),
                   json::value_to<std::string>(line.at("method")),
                   line.at("status").to_number<unsigned>()});
  }
  return out;
}

std::vector<std::string> sandbox::heads() {
  return json::value_to<std::vector<std::string>>(control("GET", "requests"));
}

void sandbox::forget_log() {
  control("DELETE", "log");
}

json::value sandbox::control(std::string_view method, std::string_view path,
                             const json::object& body) {
  const auto text = body.empty() ? std::string{} : json::serialize(body);
  const auto target = "/control/" + std::string(path);
  const auto answer = http_call(control_address_, {method, target, text, {}});
  if (answer.status != 200) throw std::runtime_error("the sandbox refused: " + answer.body);
  return json::parse(answer.body);
}

}  // namespace tokensyncd::tests
