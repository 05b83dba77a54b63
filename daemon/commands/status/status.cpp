#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/console/terminal.hpp"
#include "daemon/commands/status/status_call.hpp"
#include "daemon/commands/status/status_selection.hpp"
#include "daemon/commands/status/status_table.hpp"
#include "daemon/commands/status/status_watch.hpp"

namespace tokensyncd::commands {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{250};

/// One look, and that what was asked for is there: a name that isn't is a mistake in the command.
status_answer look(const control_client& daemon, const status_selection& wanted) {
  status_answer seen = ask_status(daemon);
  refuse_unknown(seen.report, wanted);
  return seen;
}

/// Looks again until everything that is required is in sync; the last look when `limit` is over.
status_answer wait_for_sync(const control_client& daemon, const status_selection& wanted,
                            std::chrono::milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (steady_clock::now() < end) {
    auto seen = ask_status_if_running(daemon);
    if (seen && first_unknown(seen->report, wanted).empty() &&
        all_required_in_sync(seen->report, wanted))
      return std::move(*seen);
    std::this_thread::sleep_for(between_looks);
  }
  return look(daemon, wanted);
}

/// The whole answer, or of its workspaces only those of `rows`, in their order.
std::string as_json(const status_answer& seen, const std::vector<status_row>& rows, bool is_whole) {
  if (is_whole) return seen.text + '\n';
  auto all = boost::json::parse(seen.text).as_object();
  boost::json::array shown;
  std::set<std::string_view> taken;
  for (const status_row& row : rows) {
    if (!taken.insert(row.workspace->id).second) continue;
    const auto position = static_cast<std::size_t>(row.workspace - seen.report.workspaces.data());
    shown.push_back(std::move(all["workspaces"].as_array()[position]));
  }
  all["workspaces"] = std::move(shown);
  return boost::json::serialize(all) + '\n';
}

std::string as_table(const status_answer& seen, const std::vector<status_row>& rows,
                     std::size_t limit) {
  const auto now =
      std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
  const auto columns = columns_of_output();
  const bool is_narrow = columns && *columns < wide_terminal;
  return render_head(seen.report, now) + '\n' +
         (is_narrow ? render_narrow_rows(rows, limit, now) : render_rows(rows, limit, now));
}

void print(const status_answer& seen, const status_options& options) {
  auto rows = select(seen.report, options.selection);
  if (!options.json) {
    std::fputs(as_table(seen, rows, options.limit).c_str(), stdout);
    return;
  }
  if (options.limit != 0 && rows.size() > options.limit) rows.resize(options.limit);
  const bool is_whole = options.limit == 0 && options.selection == status_selection{};
  std::fputs(as_json(seen, rows, is_whole).c_str(), stdout);
}

}  // namespace

exit_code run_command(const common_options& common, const status_options& options) {
  const control_client daemon{common.config};
  const status_selection& wanted = options.selection;
  if (options.watch) {
    static_cast<void>(look(daemon, wanted));
    watch_status([&daemon] { return ask_status(daemon).report; }, wanted, options.limit);
    return exit_code::ok;
  }
  const auto seen =
      options.wait ? wait_for_sync(daemon, wanted, *options.wait) : look(daemon, wanted);
  if (!options.quiet) print(seen, options);
  const bool is_well =
      options.wait ? all_required_in_sync(seen.report, wanted) : all_in_sync(seen.report, wanted);
  return is_well ? exit_code::ok : exit_code::no;
}

}  // namespace tokensyncd::commands
