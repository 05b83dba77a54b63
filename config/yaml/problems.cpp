#include "config/yaml/problems.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace tokensyncd::config {
namespace {

constexpr std::size_t most_errors = 1'000;

void append_sorted(std::vector<problem>& from, std::vector<problem>& to) {
  std::ranges::sort(
      from, {}, [](const problem& one) { return std::tie(one.line, one.column, one.sentence); });
  std::ranges::move(from, std::back_inserter(to));
  from.clear();
}

}  // namespace

std::string problem::text() const {
  std::string where = file.string();
  if (line != 0) {
    where += ":" + std::to_string(line) + ":" + std::to_string(column);
  }
  return where + ": " + sentence;
}

void file_problems::error(place at, std::string sentence) {
  if (errors_.size() < most_errors) {
    errors_.push_back({file_, at.line, at.column, std::move(sentence)});
  } else if (errors_.size() == most_errors) {
    errors_.push_back(
        {file_, at.line, at.column, "there are more errors; fix these first to see the rest"});
  }
}

void file_problems::warning(place at, std::string sentence) {
  if (warnings_.size() < most_errors) {
    warnings_.push_back({file_, at.line, at.column, std::move(sentence)});
  }
}

void file_problems::move_to(std::vector<problem>& errors, std::vector<problem>& warnings) {
  append_sorted(errors_, errors);
  append_sorted(warnings_, warnings);
}

}  // namespace tokensyncd::config
