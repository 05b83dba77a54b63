#include "daemon/runtime/fs/watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/race.hpp"

namespace tokensyncd {
namespace {

constexpr std::uint32_t way_events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
// IN_MODIFY only prolongs the wait for quiet while a file is being written in place.
constexpr std::uint32_t all_events = way_events | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB;
constexpr std::uint32_t lost_events =
    IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF;

failure exhausted(int error) {
  return {failure_kind::io_error,
          "cannot watch files for changes (" + std::system_category().message(error) +
              "); raise fs.inotify.max_user_watches and fs.inotify.max_user_instances"};
}

}  // namespace

directory_watch::directory_watch(asio::io_context& loop, clock& time)
    : time_(time), sleeper_(time.make_sleeper()), inotify_(loop.get_executor()) {}

result<void> directory_watch::set(std::vector<std::filesystem::path> directories) {
  directories_ = std::move(directories);
  return arm();
}

result<void> directory_watch::arm() {
  boost::system::error_code ignored;
  inotify_.close(ignored);
  interests_.clear();
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return exhausted(errno);
  inotify_.assign(fd);
  int error = 0;
  for (const auto& directory : directories_) watch_way_to(directory, error);
  if (error == 0) return {};
  inotify_.close(ignored);
  return exhausted(error);
}

/// From the root down, so that whatever appears after a step found nothing is seen by the watch of
/// the step before.
void directory_watch::watch_way_to(const std::filesystem::path& directory, int& error) {
  std::filesystem::path place;
  for (const auto& part : directory.lexically_normal()) {
    if (part.empty()) continue;
    if (!place.empty()) add_step(place, part.string(), error);
    place /= part;
  }
  add_all_of(place, error);
}

void directory_watch::add_all_of(const std::filesystem::path& place, int& error) {
  if (interest* const wanted = add(place, all_events, error)) wanted->everything = true;
}

void directory_watch::add_step(const std::filesystem::path& place, const std::string& name,
                               int& error) {
  if (interest* const wanted = add(place, way_events, error)) wanted->names.insert(name);
}

directory_watch::interest* directory_watch::add(const std::filesystem::path& place,
                                                std::uint32_t events, int& error) {
  const int id = ::inotify_add_watch(inotify_.native_handle(), place.c_str(), events);
  if (id < 0) {
    // A step that is missing or not ours to read is no trouble of the watch's.
    if (errno == ENOSPC || errno == ENOMEM) error = errno;
    return nullptr;
  }
  return &interests_[id];
}

directory_watch::news directory_watch::drain() {
  auto found = news::none;
  alignas(inotify_event) std::array<char, 8192> buffer;
  for (;;) {
    const auto got = ::read(inotify_.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) return found;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += sizeof(inotify_event) + event.len;
      const auto known = interests_.find(event.wd);
      const bool on_the_way = known != interests_.end() && event.len != 0 &&
                              known->second.names.contains(std::string(event.name));
      if ((event.mask & lost_events) != 0 || on_the_way) {
        found = news::places;
      } else if (known != interests_.end() && known->second.everything) {
        found = std::max(found, news::content);
      }
    }
  }
}

task<void> directory_watch::readable() {
  using descriptor = asio::posix::descriptor_base;
  co_await inotify_.async_wait(descriptor::wait_read, asio::as_tuple(use_task));
  // set() ends the wait as well, and that is no cancellation.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
}

task<result<bool>> directory_watch::changed(steady_time until) {
  const auto nowhere = failure{failure_kind::io_error, "no files are watched for changes"};
  auto found = news::none;
  while (found == news::none) {
    if (!inotify_.is_open()) co_return nowhere;
    co_await race(readable(), sleeper_->sleep_until(until));
    if (inotify_.is_open()) found = drain();
    if (found == news::none && time_.now() >= until) co_return false;
  }

  const auto last = time_.now() + patience;
  for (auto limit = std::min(last, time_.now() + quiet);;) {
    if (found == news::places) {
      if (auto armed = arm(); !armed) co_return armed.error();
    }
    co_await race(readable(), sleeper_->sleep_until(limit));
    if (!inotify_.is_open()) co_return nowhere;
    if (time_.now() >= limit) break;  // what came just now is told of the next time
    found = drain();
    if (found != news::none) limit = std::min(last, time_.now() + quiet);
  }
  co_return true;
}

task<bool> directory_watch::changed_within(std::chrono::milliseconds pause,
                                           const std::function<void(const failure&)>& unwatched) {
  const steady_time until = time_.now() + pause;
  const auto noticed = co_await changed(until);
  if (noticed) co_return *noticed;
  if (unwatched) unwatched(noticed.error());
  const auto rest = time_.make_sleeper();
  co_await rest->sleep_until(until);
  co_return false;
}

}  // namespace tokensyncd
