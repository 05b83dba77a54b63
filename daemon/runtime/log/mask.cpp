#include "daemon/runtime/log/mask.hpp"

#include <algorithm>
#include <cstring>

namespace tokensyncd {
namespace {

std::uint64_t number_of(std::string_view piece) {
  std::uint64_t number = 0;
  std::memcpy(&number, piece.data(), mask::fragment);
  return number;
}

}  // namespace

static_assert(mask::fragment == sizeof(std::uint64_t));

mask::mask(const secret& hidden) {
  const std::string_view bytes = hidden.reveal();
  if (bytes.size() < fragment) {
    short_one_ = hidden.clone();
    return;
  }
  pieces_.reserve(bytes.size() - fragment + 1);
  for (std::size_t at = 0; at + fragment <= bytes.size(); ++at)
    pieces_.push_back(number_of(bytes.substr(at)));
  std::ranges::sort(pieces_);
}

mask::~mask() {
  wipe(pieces_.data(), pieces_.size() * sizeof(std::uint64_t));
}

bool mask::knows(std::string_view piece) const {
  if (!short_one_.empty()) return piece.starts_with(short_one_.reveal());
  return piece.size() >= fragment && std::ranges::binary_search(pieces_, number_of(piece));
}

std::string mask::apply(std::string_view text) const {
  const std::size_t length = short_one_.empty() ? fragment : short_one_.size();
  std::string shown;
  std::size_t hidden_until = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (knows(text.substr(at))) {
      if (at >= hidden_until) shown += "…";
      hidden_until = at + length;
    }
    if (at >= hidden_until) shown += text[at];
  }
  return shown;
}

}  // namespace tokensyncd
