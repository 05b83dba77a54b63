#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tokensyncd::sandbox {

/// How a connection waits: a peer that is gone comes as an error code, not as an exception.
inline constexpr auto quietly = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace tokensyncd::sandbox
