#include "tests/sandbox/book.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace tokensyncd::sandbox {

workspace& book::add(std::string_view id) {
  if (const auto known = find(id)) return all_[*known];
  by_id_.emplace(std::string(id), static_cast<index>(all_.size()));
  auto& made = all_.emplace_back();
  made.id = std::string(id);
  return made;
}

std::optional<book::index> book::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

const workspace* book::holder(std::string_view token) const {
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : &all_[found->second];
}

void book::set_token(workspace& which, std::string token, std::int64_t rotated_us) {
  if (token != which.token) {
    by_token_.erase(which.token);
    which.previous_token = std::exchange(which.token, std::move(token));
    by_token_.insert_or_assign(which.token, by_id_.find(which.id)->second);
    which.previous_rotated_us = which.rotated_us;
  }
  if (rotated_us != 0) which.rotated_us = rotated_us;
}

std::string book::make_token(std::string_view format) {
  const std::uint64_t high = rng_();
  const std::uint64_t low = rng_();
  std::array<char, 48> out{};
  if (format == "tla") {
    std::snprintf(out.data(), out.size(), "tla_%016" PRIx64 "%016" PRIx64, high, low);
  } else {
    std::snprintf(out.data(), out.size(),
                  "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64,
                  high >> 32U, high >> 16U & 0xFFFFU, high & 0xFFFU, low >> 48U & 0xFFFU,
                  low & 0xFFFFFFFFFFFFU);
  }
  return out.data();
}

}  // namespace tokensyncd::sandbox
