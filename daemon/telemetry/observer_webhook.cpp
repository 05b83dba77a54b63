#include <chrono>
#include <cstddef>

#include "daemon/telemetry/observer.hpp"

namespace tokensyncd::telemetry {
namespace {

/// What is wrong with a request, and what to do where it was the vendor's; empty where nothing is.
std::string_view trouble_of(metrics::webhook_result how) {
  switch (how) {
    case metrics::webhook_result::not_signed:
      return "A request to the webhook has no JWT in X-TL-Signature; it was refused. If it was the "
             "vendor's, look for a proxy that drops or changes this header.";
    case metrics::webhook_result::bad_signature:
      return "A request to the webhook is not signed with our Partner Secret; it was refused. If "
             "it was the vendor's, check partner.secret_file.";
    case metrics::webhook_result::bad_header:
      return "A request to the webhook has a JWT whose header is not one of HS256 without crit and "
             "b64; it was refused. If it was the vendor's, look for a newer tokensyncd.";
    case metrics::webhook_result::bad_claims:
      return "A request to the webhook is signed with our Partner Secret, but its JWT lacks "
             "partner_id, nbf or exp, has one twice, or one is of a wrong type; it was refused. If "
             "it was the vendor's, look for a newer tokensyncd.";
    case metrics::webhook_result::wrong_partner:
      return "A request to the webhook is for another partner, or has no X-TL-Partner-Id; it was "
             "refused. If it was the vendor's, check partner.id.";
    case metrics::webhook_result::not_yet_valid:
      return "A request to the webhook has a signature that is not valid yet; it was refused. If "
             "it was the vendor's, check whether this machine's clock is slow.";
    case metrics::webhook_result::expired:
      return "A request to the webhook has a signature that has expired; it was refused. If it was "
             "the vendor's, check whether this machine's clock is fast.";
    case metrics::webhook_result::malformed:
      return "A request to the webhook is not valid HTTP, or contains no valid event; it was "
             "refused.";
    case metrics::webhook_result::too_large:
      return "A request to the webhook is too large for an event; it was refused.";
    default:
      return {};
  }
}

}  // namespace

void observer::event_came(std::string_view type) {
  metrics_.event_came(type, std::chrono::floor<std::chrono::seconds>(time_.wall()));
}

void observer::event_answered(metrics::webhook_result how, std::string_view workspace) {
  metrics_.event_answered(how);
  const auto result = metrics::webhook_result_names[static_cast<std::size_t>(how)];
  const std::string_view trouble = trouble_of(how);
  if (trouble.empty()) {
    line(log_level::debug, "webhook.event", "A webhook event arrived.",
         {{"workspace", workspace}, {"result", result}});
    return;
  }
  const steady_time now = time_.now();
  while (const auto lost = refused_budget_.take_suppressed(now)) {
    log_.warning("log.suppressed",
                 "Refused events were left out of the log, because there were too many.",
                 {{"of", "webhook.refused"}, {"result", lost->event}, {"lines", lost->lines}});
  }
  // Each result for itself: what a scanner sends must not hide that the vendor's events are
  // refused.
  if (refused_budget_.allow(result, now))
    log_.warning("webhook.refused", trouble, {{"result", result}});
}

}  // namespace tokensyncd::telemetry
