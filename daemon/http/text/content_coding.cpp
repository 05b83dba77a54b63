#include "daemon/http/text/content_coding.hpp"

#include <algorithm>

namespace tokensyncd::http {
namespace {

std::string_view without_space(std::string_view text) noexcept {
  constexpr std::string_view space = " \t";
  const auto begin = std::min(text.find_first_not_of(space), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(space) + 1);
}

bool is_the_word(std::string_view text) noexcept {
  return std::ranges::equal(text, std::string_view{"identity"}, [](char given, char wanted) {
    return (given >= 'A' && given <= 'Z' ? given - 'A' + 'a' : given) == wanted;
  });
}

}  // namespace

bool is_identity(std::string_view content_encoding) noexcept {
  while (!content_encoding.empty()) {
    const auto comma = std::min(content_encoding.find(','), content_encoding.size());
    const auto coding = without_space(content_encoding.substr(0, comma));
    if (!coding.empty() && !is_the_word(coding)) return false;
    content_encoding.remove_prefix(std::min(comma + 1, content_encoding.size()));
  }
  return true;
}

}  // namespace tokensyncd::http
