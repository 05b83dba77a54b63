#include "daemon/sinks/vault/rights.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/sinks/vault/secret/document.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::array pauses{5s, 15s, 60s};

std::vector<std::string_view> rights_for(missing_rights_watch::action what) {
  // A policy may grant one of the two alone; which one is needed depends on what is there.
  if (what == missing_rights_watch::action::write) return {"create", "update"};
  return {"read"};
}

}  // namespace

std::string rights_question(std::span<const std::string> paths) {
  json::array list;
  for (const std::string& path : paths) list.emplace_back(path);
  return json::serialize(json::object{{"paths", std::move(list)}});
}

std::string missing_rights(const json::object& answer, std::string_view path,
                           std::span<const std::string_view> needed) {
  const json::object* data = object_in(answer, "data");
  const json::object& all = data != nullptr ? *data : answer;
  const json::value* found = all.if_contains(path);
  const json::array* granted = found == nullptr ? nullptr : found->if_array();
  const auto has = [granted](std::string_view right) {
    return granted != nullptr && std::ranges::any_of(*granted, [right](const json::value& one) {
             return one.is_string() && std::string_view{one.get_string()} == right;
           });
  };
  if (has("root")) return {};
  std::string missing;
  for (const std::string_view right : needed) {
    if (!has(right)) missing += (missing.empty() ? "" : ", ") + std::string{right};
  }
  return missing;
}

void missing_rights_watch::forbidden(std::string_view path, action what, steady_time now) {
  const bool is_first = forbidden_.empty();
  if (forbidden_.size() < paths_a_question || forbidden_.contains(path)) {
    entry& one = forbidden_[std::string{path}];
    one.what = what;
    one.last = now;
  }
  if (is_first) next_ = later(now);
}

void missing_rights_watch::granted(std::string_view path) {
  const auto found = forbidden_.find(path);
  if (found == forbidden_.end()) return;
  forbidden_.erase(found);
  end_if_empty();
}

std::vector<std::string> missing_rights_watch::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, what] : forbidden_) all.push_back(path);
  return all;
}

bool missing_rights_watch::answered(const json::object* answer, steady_time now) {
  ++asked_;
  next_ = later(now);
  bool is_better = answer == nullptr;
  for (auto& [path, each] : forbidden_) {
    if (answer == nullptr) break;
    const auto needed = rights_for(each.what);
    const std::string missing = missing_rights(*answer, path, needed);
    is_better = is_better || missing.empty() || (each.is_known && missing != each.missing);
    each.missing = missing;
    each.is_known = true;
  }
  std::erase_if(forbidden_,
                [now](const auto& one) { return now - one.second.last > wanted_within; });
  end_if_empty();
  return is_better;
}

void missing_rights_watch::end_if_empty() noexcept {
  if (!forbidden_.empty()) return;
  asked_ = 0;
  next_ = steady_time::max();
}

steady_time missing_rights_watch::later(steady_time now) const noexcept {
  return now + pauses.at(std::min<std::size_t>(asked_, pauses.size() - 1));
}

}  // namespace tokensyncd::sinks::vault
