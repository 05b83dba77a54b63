#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/http/server/server_stream.hpp"
#include "daemon/http/text/message_reader.hpp"

namespace tokensyncd::http {

enum class framing;

/// One accepted connection: reads requests one after the other and answers them. Its deadline is
/// kept by the server's deadline_timer. For the loop's thread.
class server_connection {
 public:
  /// What it is doing.
  enum class stage { handshake, idle, reading, answering, writing, ending };

  /// What its server has for it; what is passed by reference must outlive it.
  struct surroundings {
    const server_limits& limits;
    const handler& answer;
    const std::function<void(unsigned status)>& refused;  ///< may be empty
    std::shared_ptr<server_certificate> shown;            ///< null: plain HTTP
    deadline_timer& deadlines;
  };

  /// Takes `socket` over, of the address family `family`.
  server_connection(executor on, int socket, int family, const surroundings& around);

  /// Until the other side ends it, or a limit, close() or a cancellation does.
  task<void> run();

  /// Ends it where it waits for a request, else after its reply.
  void finish() noexcept;

  /// Its deadline has passed.
  void expire() noexcept;

  void close() noexcept;

  /// Whether it may be closed at `now` so that another has its place: not while its answer is being
  /// made, nor while that may still be on its way.
  [[nodiscard]] bool may_go(steady_time now) const noexcept;

  [[nodiscard]] stage doing() const noexcept { return stage_; }
  [[nodiscard]] steady_time deadline() const noexcept { return deadline_; }
  /// Since when it has been doing what it does.
  [[nodiscard]] steady_time since() const noexcept { return since_; }

 private:
  task<bool> shake_hands();
  task<bool> serve_one();
  task<bool> refuse(unsigned status);
  task<progress> read_request();
  task<reply> ask(const server_request& request);
  struct sending {
    bool without_body = false;     ///< the answer to a HEAD
    bool keep_connection = false;  ///< for another request
  };
  task<bool> send(reply what, sending how);
  task<bool> send_stream(const reply& what, framing how);
  task<bool> write(std::string_view bytes);
  task<void> linger();
  void enter(stage next, steady_time deadline) noexcept;

  server_stream stream_;
  surroundings around_;
  message_reader<true> reader_;
  std::optional<peer> peer_;
  stage stage_ = stage::handshake;
  steady_time since_{};
  steady_time deadline_ = never;
  bool too_slow_ = false;
  bool last_ = false;
};

}  // namespace tokensyncd::http
