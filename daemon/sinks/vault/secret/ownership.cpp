#include "daemon/sinks/vault/secret/ownership.hpp"

namespace tokensyncd::sinks::vault {

fingerprint digest_of(const secret& canonical, const fingerprinter& prints) {
  return prints.of(canonical.reveal());
}

ownership check_ownership(const found_secret& found, const secret& wanted, const payload& form,
                          const known_writes& known, const fingerprinter& prints) {
  const boost::json::object* fields = found.fields();
  if (fields == nullptr) return ownership::free;
  if (const auto there = canonical(*fields)) {
    if (there->reveal() == wanted.reveal()) return ownership::right;
    if (known.record && digest_of(*there, prints) == *known.record) return ownership::ours;
  }
  const auto token = form.token_in(*fields, prints);
  if (!token) return ownership::unclear;
  const sync::delivery_request& what = known.what;
  const bool is_known = *token == what.what.token || (what.previous && *token == *what.previous) ||
                        (what.present && *token == what.present->token);
  return is_known ? ownership::ours : ownership::unclear;
}

}  // namespace tokensyncd::sinks::vault
