#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/sandbox/api_server.hpp"
#include "tests/sandbox/control_server.hpp"
#include "tests/sandbox/help.hpp"
#include "tests/support/certificates.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct options {
  api_server_options api;
  unsigned short control_port = 0;
  fs::path make_certificates;
  fs::path certificates;
  std::vector<std::string> certificate_names{"localhost", "127.0.0.1"};
  fs::path partner_secret_file;
  std::vector<std::string> settings;
  std::vector<std::string> workspaces;
  std::string workspace_prefix;
  unsigned count = 0;
  bool with_tokens = false;
  bool any_workspace = false;
  std::size_t log_limit = 5'000'000;
  std::size_t head_limit = 1'000;
};

void declare(CLI::App& app, options& to) {
  app.add_option("--address", to.api.address, "where the API listens")->capture_default_str();
  app.add_option("--port", to.api.port, "of the API; 0: any that is free");
  app.add_option("--control-port", to.control_port, "of the control API; 0: any that is free");
  app.add_option("--make-certificates", to.make_certificates,
                 "writes ca.pem, server.pem, server-key.pem into that directory, and ends");
  app.add_option("--certificates", to.certificates,
                 "directory to take those from; made where they aren't there");
  app.add_option("--certificate-names", to.certificate_names, "names of a certificate that is made")
      ->delimiter(',');
  app.add_option("--certificate", to.api.certificate, "chain to use (PEM), with --key");
  app.add_option("--key", to.api.key, "private key (PEM)");
  app.add_flag("--tls12", to.api.only_tls12, "speaks TLS 1.2 alone");
  app.add_option("--partner-secret-file", to.partner_secret_file,
                 "the Partner Secret, one trailing newline dropped");
  app.add_option("--workspaces", to.workspaces, "ids that exist")->delimiter(',');
  app.add_option("--workspace-prefix", to.workspace_prefix, "with --count: PREFIX1, PREFIX2, ...");
  app.add_option("--count", to.count, "how many of them exist");
  app.add_flag("--any-workspace", to.any_workspace, "every id exists once it is asked for");
  app.add_flag("--with-tokens", to.with_tokens,
               "workspaces have a token from the start (else the first GET creates it)");
  app.add_option("--set", to.settings, "NAME=JSON, a setting (see below)")->allow_extra_args(false);
  app.add_option("--log-limit", to.log_limit, "requests kept in the log")->capture_default_str();
  app.add_option("--head-limit", to.head_limit, "heads of requests kept")->capture_default_str();
}

std::string read_secret(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + file.string());
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void prepare(world& everything, const options& from) {
  auto& rules = everything.rules;
  rules.any_workspace = from.any_workspace;
  if (!from.partner_secret_file.empty())
    rules.partner_secret = read_secret(from.partner_secret_file);
  for (const auto& setting : from.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) throw std::runtime_error("--set wants NAME=JSON");
    apply(rules, {{setting.substr(0, equals), json::parse(setting.substr(equals + 1))}});
  }
  auto ids = from.workspaces;
  for (unsigned i = 1; i <= from.count; ++i)
    ids.push_back(from.workspace_prefix + std::to_string(i));
  for (const auto& id : ids) {
    auto& made = everything.workspaces.add(id);
    if (from.with_tokens) {
      auto token = everything.workspaces.make_token(rules.token_format);
      everything.workspaces.set_token(made, std::move(token), 0);
    }
  }
}

/// Writes ca.pem, server.pem and server-key.pem into a directory, which is made where it isn't
/// there.
void make_certificates(const fs::path& directory, const std::vector<std::string>& names) {
  constexpr std::chrono::hours ten_years{24 * 3650};
  fs::create_directories(directory);
  tests::certificate_request server;
  server.valid_until = ten_years;
  for (const auto& name : names) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(name, no_address);
    (no_address ? server.names : server.addresses).push_back(name);
  }
  static_cast<void>(
      tests::certificate_authority(directory, "ca", ten_years).issue("server", server));
}

void find_certificates(options& in) {
  if (in.certificates.empty()) {
    if (in.api.certificate.empty() || in.api.key.empty())
      throw std::runtime_error("say --certificates DIR, or --certificate and --key");
    return;
  }
  if (!fs::exists(in.certificates / "server-key.pem"))
    make_certificates(in.certificates, in.certificate_names);
  in.api.certificate = in.certificates / "server.pem";
  in.api.key = in.certificates / "server-key.pem";
}

json::object ready_line(const options& from, unsigned short port, unsigned short control_port) {
  const auto base = "https://localhost:" + std::to_string(port);
  json::object line{{"api_url", base + "/partner/api/v1"},
                    {"public_api_url", base + "/integrations/api"},
                    {"control_url", "http://127.0.0.1:" + std::to_string(control_port)},
                    {"port", port},
                    {"control_port", control_port}};
  if (!from.certificates.empty())
    line["ca_file"] = fs::absolute(from.certificates / "ca.pem").string();
  return line;
}

void serve(options from) {
  find_certificates(from);
  world everything{{}, {}, {}, journal(from.log_limit, from.head_limit)};
  prepare(everything, from);
  api_server::shared shared{everything};

  boost::asio::io_context loop{1};
  event_sender events{loop};
  control_api control{shared, events};
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&loop](const auto&, int) { loop.stop(); });
  const api_server api{loop, shared, from.api};
  const control_server controls{loop, control, from.control_port};
  std::cout << json::serialize(ready_line(from, api.port(), controls.port())) << std::endl;
  loop.run();
}

int run(int argc, char** argv) {
  CLI::App app{
      "tokensyncd-sandbox: a stand-in for the TimelinesAI Partner API that misbehaves on "
      "demand. For tests and demonstrations, on this machine alone."};
  app.footer(help_text);
  options from;
  declare(app, from);
  CLI11_PARSE(app, argc, argv);
  try {
    if (from.make_certificates.empty()) {
      serve(std::move(from));
    } else {
      make_certificates(from.make_certificates, from.certificate_names);
    }
  } catch (const std::exception& error) {
    std::cerr << "tokensyncd-sandbox: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tokensyncd::sandbox

int main(int argc, char** argv) {
  return tokensyncd::sandbox::run(argc, argv);
}
