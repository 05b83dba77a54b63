#include "daemon/http/client/host_lookup.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace tokensyncd::http {
namespace {

std::string reason(const std::string& host, int code) {
  const bool no_such_name = code == EAI_NONAME || code == EAI_NODATA;
  return "DNS has no address for " + host +
         (no_such_name ? ": check the name" : ": the name server does not answer");
}

}  // namespace

result<addresses> system_look_up(const std::string& host) {
  addrinfo event_tracker{};
  event_tracker.ai_family = AF_UNSPEC;
  event_tracker.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &event_tracker, &list);
  if (code != 0) return failure{failure_kind::unreachable, reason(host, code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);

  addresses found;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    endpoint.resize(one->ai_addrlen);
    found.push_back(endpoint.address());
  }
  return found;
}

// What the look-up's thread and the loop share. The thread may outlive everything else.
struct host_lookup::flight {
  std::mutex lock;
  asio::io_context* loop;  // under the lock; null once nobody waits any more
  host_lookup* owner;      // for the loop's thread alone
};

struct host_lookup::waiter {
  explicit waiter(host_lookup& owner) : owner_(owner), wake(owner.loop_.get_executor()) {
    owner_.waiting_.push_back(this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { std::erase(owner_.waiting_, this); }

  host_lookup& owner_;
  timer wake;
  std::optional<result<addresses>> found;
};

host_lookup::host_lookup(asio::io_context& loop, std::string host, look_up how)
    : loop_(loop), host_(std::move(host)), how_(std::move(how)) {}

host_lookup::~host_lookup() {
  if (!flight_) return;
  flight_->owner = nullptr;
  const std::scoped_lock guard(flight_->lock);
  flight_->loop = nullptr;
}

void host_lookup::take_off() {
  auto under_way = std::make_shared<flight>();
  under_way->loop = &loop_;
  under_way->owner = this;
  std::thread([under_way, host = host_, how = how_] {
    auto found = how(host);
    const std::scoped_lock guard(under_way->lock);
    if (under_way->loop == nullptr) return;
    asio::post(*under_way->loop, [under_way, found = std::move(found)] {
      if (under_way->owner != nullptr) under_way->owner->landed(found);
    });
  }).detach();
  flight_ = std::move(under_way);
}

void host_lookup::landed(const result<addresses>& found) {
  flight_.reset();
  for (waiter* one : waiting_) {
    if (one->found) continue;
    one->found = found;
    one->wake.cancel();
  }
  const auto told = std::exchange(told_, {});
  if (told && found.has_value() && !found->empty()) told(*found);
}

void host_lookup::ask_beside(std::function<void(const addresses&)> told) {
  told_ = std::move(told);
  if (flight_) return;
  try {
    take_off();
  } catch (const std::system_error&) {
    // No thread: the next one comes soon enough.
    told_ = {};
  }
}

task<result<addresses>> host_lookup::ask(steady_time deadline) {
  if (!flight_) {
    try {
      take_off();
    } catch (const std::system_error&) {
      co_return failure{failure_kind::unreachable,
                        "cannot start a thread to look up " + host_ +
                            ": raise the limit on tasks (TasksMax= in systemd)"};
    }
  }
  waiter mine(*this);
  mine.wake.expires_at(deadline);
  boost::system::error_code woken;
  co_await mine.wake.async_wait(asio::redirect_error(use_task, woken));
  if (mine.found) {
    if (mine.found->has_value() && (*mine.found)->empty())
      co_return failure{failure_kind::unreachable, reason(host_, EAI_NODATA)};
    co_return std::move(*mine.found);
  }
  if (woken) throw boost::system::system_error(woken);
  co_return failure{failure_kind::unreachable, "DNS did not answer in time for " + host_};
}

}  // namespace tokensyncd::http
