#include "daemon/http/client/connection_pool.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>

#include "daemon/http/text/request_bytes.hpp"
#include "daemon/http/tls/tls_client.hpp"

namespace tokensyncd::http {
namespace {

std::unique_ptr<tls_client> make_tls(const origin& target, const client_tls& tls,
                                     tls_client::listeners told) {
  if (!target.secure) return nullptr;
  const auto named = parse_origin("https://" + tls.server_name);
  if (!tls.server_name.empty() && (!named || named->host != tls.server_name))
    throw std::runtime_error("tls.server_name is not a host name");
  const origin& who = named ? *named : target;
  return std::make_unique<tls_client>(who.host, who.is_address, tls, std::move(told));
}

}  // namespace

struct connection_pool::waiter {
  waiter(connection_pool& pool, steady_time deadline)
      : pool_(pool), wake(pool.loop_.get_executor(), deadline) {
    pool_.waiting_.push_back(this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { std::erase(pool_.waiting_, this); }

  connection_pool& pool_;
  timer wake;
  connection_lease given;
};

connection_pool::connection_pool(asio::io_context& loop, client_options options)
    : loop_(loop),
      options_(std::move(options)),
      route_(options_),
      common_headers_(common_headers(target().authority(), options_.user_agent)),
      tls_(make_tls(target(), options_.tls,
                    {[this] { connections_.retire_where([](const connection&) { return true; }); },
                     options_.tell})),
      lookup_(std::make_unique<host_lookup>(
          loop, next_hop().host, options_.look_up ? options_.look_up : look_up{&system_look_up})),
      proxy_credentials_(options_),
      deadline_timer_(loop.get_executor(),
                      [this](steady_time now) { return connections_.expire(now); }) {
  if (options_.max_connections == 0) throw std::runtime_error("max_connections is 0");
  renewed_ = std::chrono::steady_clock::now();  // the files were read just now
}

connection_pool::~connection_pool() = default;

connection_lease connection_pool::make() {
  return connections_.add(std::make_unique<connection>(*this));
}

task<> connection_pool::look_at_files() {
  if (tls_) co_await tls_->look();
}

task<> connection_pool::renew(steady_time now) {
  renewed_ = now;
  co_await look_at_files();
  if (next_hop().is_address || connections_.is_empty()) co_return;
  lookup_->ask_beside([this](const addresses& found) {
    connections_.retire_where(
        [&](const connection& one) { return one.is_open() && !one.leads_to(found); });
  });
}

connection_lease connection_pool::take() {
  if (!waiting_.empty()) return {};
  if (connections_.has_idle()) return connections_.take_idle();
  return connections_.in_use() < options_.max_connections ? make() : connection_lease{};
}

task<connection_lease> connection_pool::wait(steady_time deadline) {
  waiter mine(*this, deadline);
  boost::system::error_code woken;
  co_await mine.wake.async_wait(asio::redirect_error(use_task, woken));
  // What was given to a coroutine that is cancelled at the same moment goes back by itself.
  if (!mine.given && woken) throw boost::system::system_error(woken);
  co_return std::move(mine.given);
}

void connection_pool::serve_next() noexcept {
  while (!waiting_.empty() && connections_.in_use() < options_.max_connections) {
    waiter* const first = waiting_.front();
    waiting_.pop_front();
    first->given = connections_.has_idle() ? connections_.take_idle() : make();
    first->wake.cancel();
  }
}

void connection_pool::give_back(std::unique_ptr<connection> used) noexcept {
  connections_.give_back(std::move(used), options_.limits.idle);
  serve_next();
  // While calls go on, the timer is left as it is: it goes off once and finds nothing to do.
  if (connections_.in_use() == 0) deadline_timer_.not_before(connections_.first_idle_deadline());
}

void return_connection::operator()(connection* used) const noexcept {
  used->pool().give_back(std::unique_ptr<connection>{used});
}

}  // namespace tokensyncd::http
