#include "daemon/commands/check/check_report.hpp"

#include <algorithm>

namespace tokensyncd::commands {

namespace {

constexpr double most_seconds = 60;

}  // namespace

std::vector<std::size_t> choose_workspaces(std::size_t workspaces, double rate_limit) {
  const double affordable = rate_limit * most_seconds;
  std::size_t count = workspaces;
  if (affordable > 0 && affordable < static_cast<double>(workspaces)) {
    count = std::max<std::size_t>(1, static_cast<std::size_t>(affordable));
  }
  std::vector<std::size_t> chosen;
  chosen.reserve(count);
  for (std::size_t i = 0; i != count; ++i) {
    chosen.push_back(i * workspaces / count);
  }
  return chosen;
}

std::string summary_of(const api_answers& answers) {
  if (answers.workspaces == 0) {
    return "no workspace is configured, so the Partner API was not asked";
  }
  std::string text = std::to_string(answers.found) + " of " + std::to_string(answers.workspaces) +
                     " workspaces exist and belong to this partner";
  const auto add = [&text](std::size_t count, const char* what) {
    if (count != 0) {
      text += ", " + std::to_string(count) + " " + what;
    }
  };
  add(answers.gone, "not found");
  add(answers.denied, "not this partner's");
  add(answers.failed, "failed");
  add(answers.workspaces - answers.found - answers.gone - answers.denied - answers.failed,
      "not checked");
  return text;
}

std::string clock_warning(std::chrono::seconds ahead) {
  constexpr std::chrono::seconds near_enough{10};
  if (std::chrono::abs(ahead) <= near_enough) return {};
  return "clock: this machine's clock is " + std::to_string(std::chrono::abs(ahead).count()) +
         " s " + (ahead.count() > 0 ? "ahead of" : "behind") +
         " the Partner API's; set it (timedatectl)";
}

std::string summary_of(const check_result& found) {
  const auto counted = [](std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  };
  const std::size_t problems = found.seen.size() + found.met.size();
  const std::string of =
      counted(found.workspaces, "workspace") + ", " + counted(found.sinks, "sink");
  std::string text = problems == 0 ? "no problem found for this user: " + of : of;
  if (problems != 0) text += ": " + counted(problems, "problem");
  if (!found.warnings.empty()) text += ", " + counted(found.warnings.size(), "warning");
  return text;
}

std::string render_warnings(const std::vector<std::string>& warnings) {
  std::string text;
  for (const auto& each : warnings) text += "tokensyncd: warning: " + each + "\n";
  return text;
}

std::string render_findings(const check_findings& findings, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(findings.size(), most);
  for (std::size_t i = 0; i != shown; ++i) {
    const auto& each = findings[i];
    text += "tokensyncd: " + each.key + ": " + each.sentence;
    if (each.workspaces > 1) {
      text += " (concerns " + std::to_string(each.workspaces) + " workspaces)";
    }
    text += '\n';
  }
  if (findings.size() > shown) {
    text += "tokensyncd: and " + std::to_string(findings.size() - shown) + " more like these\n";
  }
  return text;
}

}  // namespace tokensyncd::commands
