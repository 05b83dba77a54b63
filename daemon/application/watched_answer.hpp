#pragma once

#include "daemon/http/server/server.hpp"
#include "daemon/http/text/message.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/telemetry/observer.hpp"

namespace tokensyncd {

/// What `answering` answers. An exception of it, or of what streams its body later, is told to
/// `watcher` and thrown on: the server makes it a 500, or ends the connection. `watcher` must
/// outlive the answer.
task<http::reply> watched(task<http::reply> answering, telemetry::observer& observer);

}  // namespace tokensyncd
