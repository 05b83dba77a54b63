#include "daemon/telemetry/audit/audit.hpp"

#include <utility>

#include "daemon/runtime/json_object.hpp"
#include "daemon/telemetry/names.hpp"

namespace tokensyncd::telemetry {

audit::audit(const std::filesystem::path& file, const clock& time, logger& log,
             metrics::daemon_metrics& metrics)
    : time_(time), log_(log), metrics_(metrics) {
  reopen(file);
}

template <class Fill>
void audit::line(std::string_view event, Fill fill) {
  if (!file_) return;
  std::string text;
  json_object object(text);
  object.time("time", time_.wall()).text("event", event);
  fill(object);
  object.end();
  file_->append(std::move(text));
}

void audit::revised(const sync::revision_event& what) {
  if (what.rotated_at_filled_in) return;
  const bool first = what.before.generation == 0;
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .number("generation", what.now.generation)
        .text("fingerprint", what.now.token.short_hex());
    if (!first) out.text("previous_fingerprint", what.before.token.short_hex());
    out.time("rotated_at", what.now.rotated_at)
        .text("trigger", to_string(what.why))
        .time("due_at", what.times.due)
        .time("asked_at", what.times.asked)
        .time("answered_at", what.times.answered)
        .time("stored_at", what.times.stored);
  };
  line(first ? "token.first_seen" : "token.rotated", fill);
}

void audit::delivered(const sync::delivery_event& what) {
  if (what.how == sync::write_result::unchanged && !what.failed_for) return;
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .text("sink", what.sink)
        .number("generation", what.what.generation)
        .text("fingerprint", what.what.token.short_hex())
        .text("result", name_of(what.how))
        .text("trigger", to_string(what.why));
  };
  line("sink.delivered", fill);
}

void audit::delivery_failed(const sync::delivery_failure_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .text("sink", what.sink)
        .number("generation", what.what.generation)
        .text("fingerprint", what.what.token.short_hex())
        .text("reason", to_string(what.error.kind))
        .text("error", what.error.sentence);
  };
  line("sink.failed", fill);
}

void audit::refused(const sync::check_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .text("reason", to_string(what.error->kind))
        .text("error", what.error->sentence)
        .text("trigger", to_string(what.why));
  };
  line("source.refused", fill);
}

void audit::rotating(const sync::rotation_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace).text("step", name_of(what.step));
    if (what.by_policy) out.text("asked_by", "policy");
    if (what.error != nullptr) out.text("error", what.error->sentence);
  };
  line("token.rotating", fill);
}

void audit::policy_changed(const sync::policy_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace).text("error", what.why);
  };
  line(what.step == sync::policy_step::stopped ? "rotation.stopped" : "rotation.postponed", fill);
}

void audit::verified(const sync::verification_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .number("generation", what.what.generation)
        .text("fingerprint", what.what.token.short_hex())
        .text("result", name_of(what.how));
    if (what.error != nullptr) out.text("error", what.error->sentence);
  };
  line("token.verified", fill);
}

void audit::retired(const sync::retirement_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("workspace", what.workspace)
        .text("sink", what.sink)
        .number("generation", what.generation)
        .boolean("withdrawn", what.withdrawn);
    if (what.error != nullptr) out.text("error", what.error->sentence);
  };
  line("workspace.retired", fill);
}

void audit::hook_ran(const sync::hook_event& what) {
  const auto fill = [&](json_object& out) {
    out.text("sink", what.sink).number("changes", what.changes);
    if (what.error != nullptr) out.text("error", what.error->sentence);
  };
  line(what.error == nullptr ? "hook.done" : "hook.failed", fill);
}

void audit::reloaded(const failure* error, std::string_view changes) {
  const auto fill = [&](json_object& out) {
    if (error != nullptr) out.text("error", error->sentence);
    if (error == nullptr && !changes.empty()) out.text("changes", changes);
  };
  line(error == nullptr ? "config.reloaded" : "config.rejected", fill);
}

void audit::commanded(std::string_view command, std::string_view workspace, const requester& who,
                      std::string_view outcome) {
  const auto fill = [&](json_object& out) {
    out.text("command", command)
        .text_or_null("workspace", workspace)
        .number("pid", who.pid)
        .number("uid", who.uid)
        .number("gid", who.gid);
    if (who.login_uid) out.number("login_uid", *who.login_uid);
    out.text("outcome", outcome);
  };
  line("command", fill);
}

void audit::reopen(const std::filesystem::path& file) {
  path_ = file;
  if (file.empty()) {
    if (file_) file_->finish();
    former_ = std::exchange(file_, nullptr);
  } else if (file_) {
    file_->reopen(path_);
  } else {
    file_ = std::make_unique<audit_file>(path_, log_, metrics_);
  }
}

bool audit::failing() const noexcept {
  return file_ && file_->failing();
}

}  // namespace tokensyncd::telemetry
