#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/async/group_commit.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file/commit/stale_temp_files.hpp"
#include "daemon/sinks/file/destination_names.hpp"
#include "daemon/sinks/file/group/group_writer.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// A file for several workspaces, each with an entry of its own in it, replaced in one step. For
/// the loop's thread.
class group_file_sink final : public sync::sink {
 public:
  group_file_sink(const config::file_sink_settings& settings, const sink_context& context);

  [[nodiscard]] std::string_view type() const noexcept override { return "file"; }
  [[nodiscard]] std::string destination(const sync::target& whom) const override;
  task<result<sync::delivered>> deliver(const sync::delivery_request& what) override;
  task<void> inspect(std::span<sync::inspection> destinations) override;
  task<result<void>> withdraw(const sync::target& whom, const sync::etag& tag) override;
  [[nodiscard]] bool reaches(std::string_view destination) const override;
  task<result<void>> withdraw_from(std::string_view destination, const sync::etag& tag) override;
  task<std::vector<sync::destination_problem>> check(std::span<const sync::target> all,
                                                     sync::thoroughness how) override;

 private:
  [[nodiscard]] std::string path(const sync::target& whom) const;
  /// Of an entry: what tells it from another, under the installation's key, and a hash of what it
  /// was made of.
  [[nodiscard]] sync::etag etag_of(const sync::target& whom, const secret& entry) const;
  task<result<sync::delivered>> deliver_entry(const sync::delivery_request& what);
  /// Who shares the file of `what.whom`.
  [[nodiscard]] std::shared_ptr<const group_members> members_of(const group_request& request,
                                                                const sync::delivery_request& what);
  task<result<void>> take_out(entry_place place, sync::etag tag);

  struct known_members {
    std::shared_ptr<const group_members> list{};
    steady_time until{};
  };

  const config::file_sink_settings settings_;
  const std::vector<config::template_part> path_;
  const content content_;
  const sink_context context_;
  std::map<std::string, known_members> members_;  ///< by path
  stale_temp_files stale_temp_files_;
  group_writer writer_;
  blocking_pool disk_{2};  ///< its own: a file system that hangs holds up nobody else
  group_commit<group_request> commits_;
};

}  // namespace tokensyncd::sinks
