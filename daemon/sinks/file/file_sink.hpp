#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/async/group_commit.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file/commit/file_commit.hpp"
#include "daemon/sinks/file/commit/stale_temp_files.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// A file a workspace, replaced in one step: who reads it sees the old content or the new. For the
/// loop's thread.
class file_sink final : public sync::sink {
 public:
  file_sink(const config::file_sink_settings& settings, const sink_context& context);

  [[nodiscard]] std::string_view type() const noexcept override { return "file"; }
  [[nodiscard]] std::string destination(const sync::target& whom) const override;
  task<result<sync::delivered>> deliver(const sync::delivery_request& what) override;
  task<void> inspect(std::span<sync::inspection> destinations) override;
  [[nodiscard]] bool etag_is_the_destination() const noexcept override { return true; }
  task<result<void>> withdraw(const sync::target& whom, const sync::etag& tag) override;
  [[nodiscard]] bool reaches(std::string_view destination) const override;
  task<result<void>> withdraw_from(std::string_view destination, const sync::etag& tag) override;
  task<std::vector<sync::destination_problem>> check(std::span<const sync::target> all,
                                                     sync::thoroughness how) override;

 private:
  [[nodiscard]] std::string path(const sync::target& whom) const;
  task<result<sync::delivered>> deliver_to_nobody_elses(const sync::delivery_request& what);

  // On a thread of the pool.
  void commit(std::span<file_write_request* const> requests);
  void look_for_drift(std::span<sync::inspection> destinations);

  const config::file_sink_settings settings_;
  const std::vector<config::template_part> path_;
  const content content_;
  const sink_context context_;
  stale_temp_files stale_temp_files_;
  blocking_pool disk_{2};  ///< its own: a file system that hangs holds up nobody else
  group_commit<file_write_request> commits_;
};

}  // namespace tokensyncd::sinks
