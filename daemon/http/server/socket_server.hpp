#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/http/server/server_connection.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

namespace tokensyncd::http {

/// The server behind server.hpp, over any listening socket. For the loop's thread.
class socket_server final : public server {
 public:
  /// Takes `listener` over; `path` is what to remove at the end, empty for TCP.
  socket_server(asio::io_context& loop, int listener, std::filesystem::path path,
                server_limits limits);
  ~socket_server() override;

  void use_tls(std::shared_ptr<server_certificate> shown) override { shown_ = std::move(shown); }
  void on_refusal(std::function<void(unsigned)> told) override { refused_ = std::move(told); }
  task<void> serve(handler answer) override;
  task<result<bool>> listen_again() override;
  [[nodiscard]] unsigned short port() const override;

 private:
  struct child;
  /// Which file a path led to.
  struct identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const identity&, const identity&) = default;
  };
  /// What came of trying to accept.
  enum class accepted { one, none, no_room };

  [[nodiscard]] static std::optional<identity> identity_of(const std::filesystem::path& path);

  void remove_file() noexcept;
  accepted accept_one();
  void add(int socket, std::uint64_t holder);
  bool evict_one();
  [[nodiscard]] bool goes_before(const child& one, const child& other) const;
  task<void> wait_for_room(steady_time until);
  task<void> finish();
  steady_time look(steady_time now);

  asio::io_context& loop_;
  asio::posix::basic_stream_descriptor<executor> listener_;
  int family_;
  std::filesystem::path path_;
  std::optional<identity> made_;  // of the socket's file, while that is ours to remove
  file_reader looks_{{}};
  server_limits limits_;
  handler handler_;
  std::function<void(unsigned)> refused_;
  std::shared_ptr<server_certificate> shown_;
  deadline_timer deadlines_;
  timer room_;  // cancelled when a connection ends
  std::list<child> children_;
  std::unordered_map<std::uint64_t, std::size_t> held_;  // connections of each holder
  std::size_t live_ = 0;
};

}  // namespace tokensyncd::http
