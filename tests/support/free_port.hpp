#pragma once

namespace tokensyncd::tests {

/// A port of this machine that nobody has, and the one behind it: OpenBao's development server
/// takes both. They stay this process's until it ends, as far as other tests ask here (or in
/// python/process.py) too, and lie below those that Linux gives to connections
/// (ip_local_port_range): what a server is to listen on mustn't be somebody's by then. Throws
/// std::runtime_error where there is none.
unsigned short free_port();

}  // namespace tokensyncd::tests
