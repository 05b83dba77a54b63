// Asio's functions, compiled once for the sandbox: it links nothing of the daemon, not even this.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
