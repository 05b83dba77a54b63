#include "daemon/sinks/vault/secret/judgement.hpp"

namespace tokensyncd::sinks::vault {

fingerprint digest_of(const secret& canonical, const fingerprinter& prints) {
  return prints.of(canonical.reveal());
}

verdict judge(const found_secret& found, const secret& wanted, const payload& form,
              const memory& known, const fingerprinter& prints) {
  const boost::json::object* fields = found.fields();
  if (fields == nullptr) return verdict::free;
  if (const auto there = canonical(*fields)) {
    if (there->reveal() == wanted.reveal()) return verdict::right;
    if (known.record && digest_of(*there, prints) == *known.record) return verdict::ours;
  }
  const auto token = form.token_in(*fields, prints);
  if (!token) return verdict::unclear;
  const sync::order& what = known.what;
  const bool is_known = *token == what.what.token || (what.previous && *token == *what.previous) ||
                        (what.present && *token == what.present->token);
  return is_known ? verdict::ours : verdict::unclear;
}

}  // namespace tokensyncd::sinks::vault
