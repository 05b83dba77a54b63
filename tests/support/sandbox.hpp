#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

class sandbox;

/// A fault being described; it is in force from the end of the full expression:
/// `sandbox.when("acme").answer(429).retry_after("3").times(1);`
/// Names and meanings are those of `tokensyncd-sandbox --help`.
class fault {
 public:
  fault(sandbox& where, boost::json::object about) : where_(where), about_(std::move(about)) {}
  ~fault() noexcept(false);
  fault(const fault&) = delete;
  fault& operator=(const fault&) = delete;

  /// An answer of its own; the operation isn't carried out.
  fault& answer(unsigned status, std::string_view shape = "partner", std::string_view error = {});
  fault& body(std::string_view bytes);
  fault& raw(std::string_view bytes);

  /// The real answer, spoilt.
  fault& malformed(std::string_view how) { return with("malformed", how); }
  template <class Value>
  fault& field(std::string_view name, Value value) {
    about_.emplace("fields", boost::json::object{});
    about_["fields"].as_object()[name] = std::move(value);
    return *this;
  }
  fault& without_field(std::string_view name);
  fault& stale() { return with("stale", true); }

  fault& header(std::string_view name, std::string_view value);
  fault& retry_after(std::string_view value) { return header("Retry-After", value); }
  fault& cut(std::string_view where) { return with("cut", where); }
  fault& close(std::string_view how) { return with("close", how); }
  fault& framing(std::string_view how) { return with("framing", how); }
  /// Until sandbox::release(). The answer is made before that, or (`held_unmade`) after.
  fault& held() { return with("hold", "answer"); }
  fault& held_unmade() { return with("hold", "request"); }
  fault& method(std::string_view name) { return with("method", name); }
  fault& endpoint(std::string_view name) { return with("endpoint", name); }
  fault& skip(std::uint64_t requests) { return with("skip", requests); }
  fault& times(std::uint64_t requests) { return with("times", requests); }

  /// Anything else.
  template <class Value>
  fault& with(std::string_view name, Value value) {
    about_[name] = std::move(value);
    return *this;
  }

 private:
  sandbox& where_;
  boost::json::object about_;
};

/// What to start it with.
struct sandbox_options {
  std::vector<std::string> workspaces{};
  std::string prefix{};  ///< with `count`: prefix1, prefix2, …
  unsigned count = 0;
  std::string partner_secret = "sandbox-partner-secret";
  std::vector<std::string> more{};  ///< arguments as they are
};

/// One request as its log has it.
struct asked {
  std::int64_t at_ns = 0;  ///< CLOCK_MONOTONIC, as std::chrono::steady_clock's
  std::string workspace;
  std::string method;  ///< first letter
  unsigned status = 0;
};

/// A running tokensyncd-sandbox. What its verbs say has happened when they return.
class sandbox {
 public:
  explicit sandbox(const sandbox_options& options = {});
  ~sandbox() { process_.end_well(); }
  sandbox(const sandbox&) = delete;
  sandbox& operator=(const sandbox&) = delete;

  [[nodiscard]] const std::string& api_url() const { return api_url_; }
  [[nodiscard]] const std::string& public_api_url() const { return public_api_url_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& ca_file() const { return ca_file_; }
  [[nodiscard]] const std::string& partner_secret() const { return partner_secret_; }

  /// A new token, as if somebody had pressed the button in the vendor's web page; returns it.
  std::string rotate(std::string_view workspace);
  void rotate_to(std::string_view workspace, std::string_view token);
  /// How many of a prefix (at most `limit`) got a new one.
  std::uint64_t rotate_all(std::string_view prefix, std::uint64_t limit = UINT64_MAX);
  /// Gives a token without it being a rotation (no rotated_at).
  void give(std::string_view workspace, std::string_view token);
  void add(std::string_view workspace);
  void remove(std::string_view workspace);
  void change(std::string_view workspace, const boost::json::object& what);
  void set(const boost::json::object& settings);

  [[nodiscard]] fault when(std::string_view workspace) {
    return {*this, {{"workspace", workspace}}};
  }
  [[nodiscard]] fault when_prefix(std::string_view prefix) { return {*this, {{"prefix", prefix}}}; }
  [[nodiscard]] fault when_anyone() { return {*this, {}}; }
  void clear_faults();

  [[nodiscard]] std::uint64_t held();
  void release();
  void close_idle_connections();

  [[nodiscard]] std::string token(std::string_view workspace);
  [[nodiscard]] std::map<std::string, std::string> tokens(std::string_view prefix = {});
  /// One of the numbers of a workspace: gets, posts, created_by_get, peak_in_flight.
  [[nodiscard]] std::uint64_t count(std::string_view workspace, std::string_view name);
  /// One of the counters of all, such as `requests`, `handshakes_full`.
  [[nodiscard]] std::uint64_t count(std::string_view name);
  /// How many answers of a kind there were, such as `GET token 200`.
  [[nodiscard]] std::uint64_t answered(std::string_view kind);
  [[nodiscard]] std::vector<asked> log(std::string_view workspace = {});
  /// Heads of the last requests, as they came.
  [[nodiscard]] std::vector<std::string> heads();
  void forget_log();

  /// Any control call. Throws with the sandbox's sentence where it refuses.
  boost::json::value control(std::string_view method, std::string_view path,
                             const boost::json::object& body = {});

 private:
  temporary_directory directory_;
  std::string partner_secret_;
  process process_;
  std::string api_url_;
  std::string public_api_url_;
  std::string control_address_;
  std::uint16_t port_ = 0;
  std::filesystem::path ca_file_;
};

}  // namespace tokensyncd::tests
