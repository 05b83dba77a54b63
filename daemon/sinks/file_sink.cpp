#include "daemon/sinks/file_sink.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <variant>

#include <fcntl.h>

#include "daemon/sinks/file_check.hpp"
#include "daemon/sinks/file_failure.hpp"
#include "daemon/sinks/file_look.hpp"
#include "daemon/sinks/file_mark.hpp"
#include "daemon/sinks/permissions.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t files_in_a_commit = 64;

std::vector<config::template_part> parse_path(const std::string& text) {
  auto parsed = config::parse_template(text, config::template_use::path);
  if (auto* error = std::get_if<config::template_error>(&parsed))
    throw std::invalid_argument(error->sentence);
  return std::get<std::vector<config::template_part>>(std::move(parsed));
}

}  // namespace

file_sink::file_sink(const config::file_sink_settings& settings, const sink_world& world)
    : settings_(settings),
      path_(parse_path(settings.path)),
      content_(settings),
      world_(world),
      leftovers_(world.system, world.identity),
      commits_(disk_, files_in_a_commit,
               [this](std::span<file_order* const> orders) { commit(orders); }) {}

std::string file_sink::path(const sync::target& whom) const {
  return config::expand_path(path_, whom.workspace, whom.labels);
}

std::string file_sink::place(const sync::target& whom) const {
  return "file:" + path(whom);
}

task<result<sync::delivered>> file_sink::deliver(const sync::order& what) {
  file_order order{path(what.whom), content_.render(what.whom, what.what, what.token),
                   content_.shape(what.whom)};
  if (what.present) {
    if (what.present->sign != sync::mark{}) order.recorded = what.present->sign;
    order.same_token = what.present->token == what.what.token;
  }
  order.mark_suffices = !content_.follows_revision();
  co_await commits_.run(order);
  co_return std::move(order.outcome);
}

task<void> file_sink::inspect(std::span<sync::inspection> places) {
  auto look = [this, places] { look_for_drift(places); };
  co_await disk_.run(look);
}

task<result<void>> file_sink::withdraw(const sync::target& whom, const sync::mark& sign) {
  auto take_away = [this, file = path(whom), sign] { return remove(file, sign); };
  co_return co_await disk_.run(std::move(take_away));
}

task<std::vector<sync::place_problem>> file_sink::check(std::span<const sync::target> all,
                                                        sync::thoroughness how) {
  std::vector<std::string> paths;
  paths.reserve(all.size());
  for (const sync::target& whom : all) paths.push_back(path(whom));
  auto try_all = [this, &paths, how] {
    return check_files(paths, settings_, how, world_.system, world_.identity);
  };
  co_return co_await disk_.run(try_all);
}

void file_sink::commit(std::span<file_order* const> orders) {
  const auto wanted = resolve(settings_);
  if (!wanted) {
    for (file_order* each : orders) each->outcome = wanted.error();
    return;
  }
  commit_files(orders, *wanted, world_.system, world_.identity, leftovers_);
}

void file_sink::look_for_drift(std::span<sync::inspection> places) {
  const auto wanted = resolve(settings_);
  for (sync::inspection& each : places) {
    const std::string file = path(each.whom);
    leftovers_.sweep_once(directory_of(file));
    const auto found = look_at(world_.system, AT_FDCWD, file, file);
    // Where something can't be looked at, delivering will say why.
    const bool is_right =
        wanted && found && *found &&
        make_mark(**found, shape_of(content_.shape(each.whom), *wanted)) == each.sign;
    each.seen = is_right ? sync::place_state::as_recorded : sync::place_state::drifted;
  }
}

result<void> file_sink::remove(const std::string& file, const sync::mark& sign) {
  const std::string parent = directory_of(file);
  const descriptor opened = open_directory(world_.system, parent);
  if (!opened.is_open()) {
    if (errno == ENOENT) return {};
    return file_failure(file, file_step::open_directory, errno);
  }
  const std::string name = file.substr(file.rfind('/') + 1);
  const auto found = look_at(world_.system, opened.number(), name, file);
  if (found && !*found) return {};
  if (!found || !same_file(make_mark(**found, 0), sign)) {
    return failure{failure_kind::conflict,
                   file +
                       " isn't what was written there, so it is kept: remove it by hand where "
                       "it isn't needed"};
  }
  if (world_.system.unlinkat(opened.number(), name.c_str()) != 0 ||
      world_.system.fsync(opened.number()) != 0) {
    return file_failure(file, file_step::write, errno);
  }
  return {};
}

}  // namespace tokensyncd::sinks
