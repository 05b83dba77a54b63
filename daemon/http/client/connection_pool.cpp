#include "daemon/http/client/connection_pool.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>

#include "daemon/http/client/proxy_request.hpp"
#include "daemon/http/text/request_bytes.hpp"
#include "daemon/http/tls/tls_client.hpp"
#include "daemon/runtime/erase_unordered.hpp"

namespace tokensyncd::http {
namespace {

origin read_origin(const std::string& text, const char* what) {
  auto parsed = parse_origin(text);
  if (!parsed) {
    throw std::runtime_error(std::string{"the "} + what +
                             " is not of the form http[s]://host[:port]");
  }
  return std::move(*parsed);
}

std::optional<origin> read_proxy(const client_options& options, const origin& target) {
  if (options.proxy.empty()) return {};
  auto proxy = read_origin(options.proxy, "proxy of partner.proxy or HTTPS_PROXY");
  if (proxy.secure)
    throw std::runtime_error(
        "the proxy of partner.proxy or HTTPS_PROXY must be an http:// URL, not https://");
  if (!target.secure) throw std::runtime_error("a proxy is used only for https:// URLs");
  return proxy;
}

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

template <class Condition>
void connection_pool::retire_where(Condition met) {
  std::erase_if(idle_, [&](const auto& one) { return met(*one); });
  for (connection* one : busy_)
    if (met(*one)) one->retire();
}

connection_pool::connection_pool(asio::io_context& loop, client_options options)
    : loop_(loop),
      options_(std::move(options)),
      target_(read_origin(options_.origin, "origin")),
      proxy_(read_proxy(options_, target_)),
      common_headers_(common_headers(target_.authority(), options_.user_agent)),
      tls_(make_tls(
          target_, options_.tls,
          {[this] { retire_where([](const connection&) { return true; }); }, options_.tell})),
      lookup_(std::make_unique<host_lookup>(
          loop, next_hop().host, options_.look_up ? options_.look_up : look_up{&system_look_up})),
      proxy_file_([this] {
        if (options_.tell) options_.tell(sentence_of_hang({options_.proxy_auth_file}));
      }),
      deadline_timer_(loop.get_executor(), [this](steady_time now) { return look(now); }) {
  if (options_.max_connections == 0) throw std::runtime_error("max_connections is 0");
  renewed_ = std::chrono::steady_clock::now();  // the files were read just now
}

connection_pool::~connection_pool() = default;

connection_lease connection_pool::make() {
  auto fresh = std::make_unique<connection>(*this);
  busy_.push_back(fresh.get());
  return connection_lease{fresh.release()};
}

task<const secret*> connection_pool::proxy_credentials() {
  if (options_.proxy_auth_file.empty()) co_return options_.proxy_credentials.get();
  file_reader::read read = [this, file = options_.proxy_auth_file]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    auto found = std::make_shared<std::optional<secret>>(read_credentials(file));
    return [this, found] { proxy_text_ = std::move(*found); };
  };
  co_await proxy_file_.run(std::move(read));
  co_return proxy_text_ ? &*proxy_text_ : nullptr;
}

task<> connection_pool::look_at_files() {
  if (tls_) co_await tls_->look();
}

task<> connection_pool::renew(steady_time now) {
  renewed_ = now;
  co_await look_at_files();
  if (next_hop().is_address || idle_.size() + busy_.size() == 0) co_return;
  lookup_->ask_beside([this](const addresses& found) {
    retire_where([&](const connection& one) { return one.is_open() && !one.leads_to(found); });
  });
}

connection_lease connection_pool::take() {
  if (!waiting_.empty()) return {};
  if (!idle_.empty()) {
    auto last = std::move(idle_.back());
    idle_.pop_back();
    busy_.push_back(last.get());
    last->set_deadline(never);
    return connection_lease{last.release()};
  }
  return busy_.size() < options_.max_connections ? make() : connection_lease{};
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
  while (!waiting_.empty() && busy_.size() < options_.max_connections) {
    waiter* const first = waiting_.front();
    waiting_.pop_front();
    if (idle_.empty()) {
      first->given = make();
    } else {
      busy_.push_back(idle_.back().get());
      first->given.reset(idle_.back().release());
      idle_.pop_back();
      first->given->set_deadline(never);
    }
    first->wake.cancel();
  }
}

void connection_pool::give_back(std::unique_ptr<connection> used) noexcept {
  erase_unordered(busy_, used.get());
  used->forget();
  if (used->is_reusable()) {
    used->set_deadline(std::chrono::steady_clock::now() + options_.limits.idle);
    idle_.push_back(std::move(used));
  } else {
    used.reset();
  }
  serve_next();
  // While calls go on, the timer is left as it is: it goes off once and finds nothing to do.
  if (busy_.empty()) deadline_timer_.not_before(idle_.empty() ? never : idle_.front()->deadline());
}

steady_time connection_pool::look(steady_time now) {
  std::erase_if(idle_, [now](const auto& one) { return one->deadline() <= now; });
  steady_time next = idle_.empty() ? never : idle_.front()->deadline();
  for (connection* one : busy_) {
    if (one->deadline() <= now) one->expire();
    next = std::min(next, one->deadline());
  }
  return next;
}

void return_connection::operator()(connection* used) const noexcept {
  used->pool().give_back(std::unique_ptr<connection>{used});
}

}  // namespace tokensyncd::http
