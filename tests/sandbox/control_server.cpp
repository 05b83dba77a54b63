#include "tests/sandbox/control_server.hpp"

#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include "tests/sandbox/quietly.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> serve_connection(control_api& api, tcp::socket socket) {
  std::string bytes;
  request asked;
  for (bool goes_on = true; goes_on;) {
    const auto state = parse_request(bytes, asked);
    if (state == parse_state::bad) co_return;
    if (state == parse_state::needs_more) {
      const auto old_size = bytes.size();
      bytes.resize(old_size + 16 * 1024);
      const auto space = asio::buffer(bytes.data() + old_size, bytes.size() - old_size);
      const auto [error, size] = co_await socket.async_read_some(space, quietly);
      bytes.resize(old_size + size);
      goes_on = !error;
      continue;
    }
    const auto out = serialize(api.answer(asked), !asked.keep_alive);
    const auto [error, size] = co_await asio::async_write(socket, asio::buffer(out.bytes), quietly);
    goes_on = !error && asked.keep_alive;
    bytes.erase(0, asked.size);
  }
}

}  // namespace

control_server::control_server(asio::io_context& loop, control_api& api, unsigned short port)
    : api_(api), acceptor_(loop, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
  asio::co_spawn(loop, accept(), asio::detached);
}

asio::awaitable<void> control_server::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(quietly);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve_connection(api_, std::move(socket)), asio::detached);
  }
}

}  // namespace tokensyncd::sandbox
