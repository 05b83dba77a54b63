#include "daemon/http/client/client.hpp"

#include <chrono>
#include <utility>

#include "daemon/http/client/connection.hpp"
#include "daemon/http/client/connection_pool.hpp"
#include "daemon/http/text/request_bytes.hpp"

namespace tokensyncd::http {

answer::answer(connection_lease lease) noexcept : lease_(std::move(lease)) {}

unsigned answer::status() const noexcept {
  return lease_->reader().message().status();
}

std::string_view answer::body() const noexcept {
  return lease_->reader().message().body();
}

std::optional<std::string_view> answer::header(std::string_view name) const {
  return lease_->reader().header(name);
}

void answer::discard_connection() noexcept {
  lease_->do_not_keep();
}

client::client(asio::io_context& loop, client_options options)
    : pool_(std::make_unique<connection_pool>(loop, std::move(options))) {}

client::~client() = default;

std::uint64_t client::connections_opened() const noexcept {
  return pool_->opened();
}

task<result<answer>> client::call(const request& what) {
  const steady_time now = std::chrono::steady_clock::now();
  const steady_time total = now + pool_->options().limits.total;
  if (pool_->is_due(now)) co_await pool_->renew(now);
  connection_lease held = pool_->take();
  if (!held) {
    held = co_await pool_->wait(total);
    if (!held) {
      co_return failure{failure_kind::timed_out,
                        "no connection to " + pool_->target().host +
                            " became free in time, because all are in use"};
    }
  }

  std::optional<failure> error;
  if (held->is_open() && (what.needs_fresh_connection || !held->is_silent())) held->close();
  if (held->is_open()) {
    if (what.begun != nullptr) *what.begun = true;
    error = co_await held->exchange(what, total);
    const bool again = error && held->was_stale() && what.method == method::get;
    if (!again) {
      if (error) co_return std::move(*error);
      co_return answer(std::move(held));
    }
    held->close();
  }
  error = co_await held->open(total);
  if (!error && what.begun != nullptr) *what.begun = true;
  if (!error) error = co_await held->exchange(what, total);
  if (error) co_return std::move(*error);
  co_return answer(std::move(held));
}

}  // namespace tokensyncd::http
