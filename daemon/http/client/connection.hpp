#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/http/client/client.hpp"
#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/text/message_reader.hpp"

namespace tokensyncd::http {

class outgoing_bytes;

/// What a call is doing; named in the sentences of failures.
enum class phase { proxy, handshake, request, answer };

/// One connection of a pool: open or not, in use or idle. All that it needs is there once, and
/// nothing is allocated for an exchange, but when it is the largest so far. Its deadline is kept by
/// the pool's deadline_timer, which closes the socket under it. For the loop's thread.
class connection {
 public:
  explicit connection(connection_pool& pool);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  [[nodiscard]] bool is_open() const noexcept;
  /// Whether it may be used for another exchange.
  [[nodiscard]] bool is_reusable() const noexcept { return is_open() && keep_ && !retired_; }

  /// DNS, TCP, proxy and TLS. None when it is open.
  task<std::optional<failure>> open(steady_time total);

  /// Sends `what` and receives its answer. None when reader() has it, complete.
  task<std::optional<failure>> exchange(const request& what, steady_time total);

  /// Whether the last exchange failed because the other side had ended the connection before a byte
  /// of an answer came.
  [[nodiscard]] bool was_stale() const noexcept { return stale_; }

  /// Whether a request may be written: the other side has neither ended the connection nor sent
  /// anything but what TLS says to itself (session tickets, new keys). Bytes that nobody asked for
  /// would be taken for the next answer (RFC 9112, section 9.2). Costs one system call.
  [[nodiscard]] bool is_silent();

  [[nodiscard]] const message_reader<false>& reader() const noexcept { return reader_; }

  void do_not_keep() noexcept { keep_ = false; }
  /// Has it closed after the call that it is making.
  void retire() noexcept { retired_ = true; }
  /// Whether the other end is one of `found`.
  [[nodiscard]] bool leads_to(const addresses& found) const;
  void close() noexcept;

  /// Wipes request and answer.
  void forget() noexcept;

  [[nodiscard]] connection_pool& pool() const noexcept { return pool_; }

  /// When the deadline_timer ends it, `never` where it may live.
  [[nodiscard]] steady_time deadline() const noexcept { return deadline_; }
  void set_deadline(steady_time when) noexcept { deadline_ = when; }
  /// Ends what is under way: its operation fails, and says timed_out.
  void expire() noexcept;

 private:
  struct stream;

  task<std::optional<failure>> connect_tcp(steady_time total);
  task<std::optional<failure>> ask_proxy();
  task<std::optional<failure>> hear_proxy(unsigned& status);
  task<std::optional<failure>> shake_hands();
  task<std::optional<failure>> send(phase during);
  task<std::optional<failure>> receive();

  task<std::optional<failure>> hear_refusal();
  [[nodiscard]] std::optional<failure> check_silence();

  void begin_phase(steady_time until);
  [[nodiscard]] failure explain(phase during, const boost::system::error_code& error) const;
  [[nodiscard]] failure explain(phase during, progress how) const;
  [[nodiscard]] std::optional<failure> refusal(const boost::system::error_code& error) const;
  [[nodiscard]] const std::string& host(phase during) const;

  connection_pool& pool_;
  std::unique_ptr<stream> stream_;
  message_reader<false> reader_;
  std::unique_ptr<outgoing_bytes> request_;
  steady_time deadline_ = never;
  bool expired_ = false;
  bool keep_ = false;
  bool retired_ = false;
  bool stale_ = false;  // the other side had ended it before an answer's first byte
};

}  // namespace tokensyncd::http
