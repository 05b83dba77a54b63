#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tokensyncd {

namespace asio = boost::asio;

/// The one event loop's executor. One thread runs the loop, so it is the engine's strand: state
/// that is touched from coroutines alone needs no lock. Concrete, because any_io_executor costs an
/// indirection and an allocation at every hand-over.
using executor = asio::io_context::executor_type;

/// A coroutine on the loop.
template <class T = void>
using task = asio::awaitable<T, executor>;

/// How a coroutine waits for an Asio operation: errors are thrown as boost::system::system_error.
/// Where an error is an ordinary outcome, wrap it: `asio::as_tuple(use_task)`.
inline constexpr asio::use_awaitable_t<executor> use_task{};

}  // namespace tokensyncd
