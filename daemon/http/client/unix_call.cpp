#include "daemon/http/client/unix_call.hpp"

#include <cstdint>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

namespace {

namespace beast = boost::beast;
using unix_stream = beast::basic_stream<asio::local::stream_protocol, executor>;

/// `/status` of 100,000 workspaces is some 50 MB.
constexpr std::uint64_t largest_body = 512ULL * 1024 * 1024;

beast::http::verb verb_of(method how) {
  switch (how) {
    case method::post:
      return beast::http::verb::post;
    case method::put:
      return beast::http::verb::put;
    case method::patch:
      return beast::http::verb::patch;
    case method::del:
      return beast::http::verb::delete_;
    case method::get:
      break;
  }
  return beast::http::verb::get;
}

failure explain(const std::filesystem::path& path, const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  const auto name = path.string();
  if (error == errc::no_such_file_or_directory || error == errc::connection_refused) {
    return {failure_kind::unreachable, "no daemon listens on " + name};
  }
  if (error == errc::permission_denied) {
    return {failure_kind::no_permission,
            "this user may not use the control socket " + name +
                ": run the command as root, or add the user to the socket's group"};
  }
  if (error == beast::error::timeout) {
    return {failure_kind::timed_out, "the daemon on " + name + " did not answer in time"};
  }
  if (error == beast::http::error::body_limit || error == beast::http::error::header_limit) {
    return {failure_kind::too_large, "the daemon on " + name + " sent an answer that is too large"};
  }
  if (error.category() == make_error_code(beast::http::error::bad_version).category() &&
      error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
    return {failure_kind::malformed,
            "the program that listens on " + name + " does not speak HTTP"};
  }
  return {failure_kind::cut, "the connection to the daemon on " + name + " broke"};
}

task<unix_answer> exchange(const std::filesystem::path& path, method how, std::string_view target,
                           std::chrono::milliseconds limit) {
  unix_stream stream{co_await asio::this_coro::executor};
  stream.expires_after(limit);
  const asio::local::stream_protocol::endpoint there{path.string()};
  co_await stream.async_connect(there, use_task);

  beast::http::request<beast::http::empty_body> request{
      verb_of(how), boost::core::string_view{target.data(), target.size()}, 11};
  request.set(beast::http::field::host, "localhost");
  request.set(beast::http::field::accept, "application/json");
  request.keep_alive(false);
  request.prepare_payload();
  co_await beast::http::async_write(stream, request, use_task);

  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(largest_body);
  co_await beast::http::async_read(stream, buffer, parser, use_task);
  co_return unix_answer{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace

result<unix_answer> unix_call(const std::filesystem::path& path, method how,
                              std::string_view target, std::chrono::milliseconds limit) {
  asio::io_context loop{1};
  unix_answer answered;
  std::exception_ptr error;
  const auto keep = [&answered, &error](std::exception_ptr thrown, unix_answer value) {
    error = std::move(thrown);
    answered = std::move(value);
  };
  asio::co_spawn(loop.get_executor(), exchange(path, how, target, limit), keep);
  loop.run();
  try {
    if (error) {
      std::rethrow_exception(error);
    }
  } catch (const boost::system::system_error& thrown) {
    return explain(path, thrown.code());
  }
  return answered;
}

}  // namespace tokensyncd::http
