#include "daemon/sinks/exec/token_hider.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "daemon/runtime/process/child_output.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr char escape = '\x1b';
constexpr std::string_view of_stretch =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t shortest_stretch = 8;

/// How many bytes at the beginning of `text` belong to no word. The last of a colour's sequence is
/// a letter, which would else be taken for the first of the word that it colours.
std::size_t gap_at(std::string_view text) {
  if (text.front() != escape) return between_words.find(text.front()) != std::string::npos ? 1 : 0;
  std::size_t end = 1;
  if (text.substr(1).starts_with('[')) end = text.find_first_not_of("0123456789:;<=>?", 2);
  if (end != std::string::npos) end = text.find_first_not_of(" !\"#$%&'()*+,-./", end);
  if (end == 1) return 1;  // whether the next byte is a part of it is tried: see claimed_by()
  return end == std::string::npos ? text.size() : end + 1;
}

/// How many bytes of what comes after `before` belong to it: `\n`, `%3D`, a short escape sequence.
std::size_t claimed_by(char before) {
  if (before == '%') return 2;
  return before == '\\' || before == escape ? 1 : 0;
}

/// A stretch of a word, which comes after `before`.
std::string shown_stretch(std::string_view stretch, char before, const sync::token_test& known) {
  for (const std::size_t skipped : {std::size_t{0}, claimed_by(before)}) {
    if (stretch.size() < shortest_stretch + skipped) continue;
    if (known.is_token(stretch.substr(skipped)))
      return std::string{stretch.substr(0, skipped)} + "…";
  }
  return std::string{stretch};
}

std::string shown_word(std::string_view word, char before, const sync::token_test& known) {
  if (known.is_token(word)) return "…";
  const std::size_t value = word.find('=') + 1;  // 0 without one
  if (value != 0 && value < word.size() && known.is_token(word.substr(value)))
    return std::string{word.substr(0, value)} + "…";
  std::string shown;
  while (!word.empty()) {
    const std::size_t begin = std::min(word.find_first_of(of_stretch), word.size());
    if (begin != 0) before = word[begin - 1];
    shown += word.substr(0, begin);
    word.remove_prefix(begin);
    const std::size_t end = std::min(word.find_first_not_of(of_stretch), word.size());
    shown += shown_stretch(word.substr(0, end), before, known);
    word.remove_prefix(end);
  }
  return shown;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

/// A stretch of a line that isn't shown.
struct hidden_part {
  std::size_t begin;
  std::size_t end;
};

/// The parts of `line` that belong to tokens, in their order, none touching the next. Pieces with a
/// control character are left out, as no token has one.
std::vector<hidden_part> find_tokens(std::string_view line, const sync::token_test& known,
                                     std::size_t& tries) {
  std::vector<hidden_part> found;
  const auto hide = [&found](std::size_t begin, std::size_t end) {
    if (found.empty() || begin > found.back().end) {
      found.push_back({begin, end});
    } else {
      found.back().end = std::max(found.back().end, end);
    }
  };
  const std::vector<std::uint16_t> lengths = known.lengths();
  std::size_t plain_until = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (plain_until <= at) {
      const auto* const end = std::find_if(line.begin() + at, line.end(), is_control);
      plain_until = static_cast<std::size_t>(end - line.begin());
    }
    for (const std::size_t length : lengths) {
      if (length > plain_until - std::min(at, plain_until)) break;
      if (tries == 0) {
        // Too much to look at, so it isn't shown.
        hide(at, line.size());
        return found;
      }
      --tries;
      if (known.is_token(line.substr(at, length))) hide(at, at + length);
    }
  }
  return found;
}

}  // namespace

sync::token_test with_secrets(sync::token_test known, held_secrets held) {
  if (!held) return known;
  constexpr std::size_t shortest = 6;
  constexpr std::size_t longest = std::numeric_limits<std::uint16_t>::max();
  const auto worth_hiding = [held = std::move(held)] {
    auto all = held();
    std::erase_if(all, [](const secret* each) {
      return each->reveal().size() < shortest || each->reveal().size() > longest;
    });
    return all;
  };
  sync::token_test both;
  both.is_token = [worth_hiding, is_token = std::move(known.is_token)](std::string_view text) {
    const auto is_it = [text](const secret* each) { return each->reveal() == text; };
    return is_token(text) || std::ranges::any_of(worth_hiding(), is_it);
  };
  both.lengths = [worth_hiding, lengths = std::move(known.lengths)] {
    auto all = lengths();
    for (const secret* each : worth_hiding())
      all.push_back(static_cast<std::uint16_t>(each->reveal().size()));
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
  };
  return both;
}

std::string token_hider::hide(std::string_view line, std::size_t shown) {
  std::string text;
  std::size_t at = 0;
  for (const hidden_part& each : find_tokens(line, known_, tries_)) {
    if (each.begin >= shown) break;
    text.append(line.substr(at, each.begin - at)).append("…");
    at = std::min(each.end, shown);
  }
  text += line.substr(at, shown - at);
  return without_tokens(text, known_);
}

std::string without_tokens(std::string_view line, const sync::token_test& known) {
  constexpr std::string_view ends_word = " \t\r\v\f\"'`,;()[]{}<>\x1b";
  static_assert(ends_word.starts_with(between_words));
  std::string shown;
  char before = ' ';
  while (!line.empty()) {
    const std::size_t gap = gap_at(line);
    const std::size_t size = gap != 0 ? gap : std::min(line.find_first_of(ends_word), line.size());
    const std::string_view part = line.substr(0, size);
    shown += gap != 0 ? std::string{part} : shown_word(part, before, known);
    // Of a whole sequence the last byte claims nothing.
    before = part.back();
    line.remove_prefix(size);
  }
  return shown;
}

}  // namespace tokensyncd::sinks
