#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/core/detail/string_view.hpp>
#include <boost/system/error_code.hpp>
#include <boost/version.hpp>

namespace tokensyncd::http {

#if BOOST_VERSION >= 109000
using boost::beast::http::basic_parser;
#else
/// Beast's parser as it is since Boost 1.90, which tells the fields of a trailer apart. Before, all
/// fields come through on_field_impl(), and nobody calls the other.
template <bool IsRequest>
class basic_parser : public boost::beast::http::basic_parser<IsRequest> {
 protected:
  virtual void on_trailer_field_impl(boost::beast::http::field name, boost::core::string_view text,
                                     boost::core::string_view value,
                                     boost::system::error_code& error) = 0;
};
#endif

}  // namespace tokensyncd::http
