#include "daemon/sinks/file_commit.hpp"

#include <cerrno>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file_failure.hpp"
#include "daemon/sinks/file_look.hpp"
#include "daemon/sinks/file_mark.hpp"
#include "daemon/sinks/temporary_file.hpp"

namespace tokensyncd::sinks {
namespace {

/// Opened anew for each batch: one that is kept would outlive a directory that was made again.
struct directory {
  descriptor opened;
  int error = 0;
  bool must_be_flushed = false;
};

/// One order on its way through the stages; without a file it needs none, or has failed.
struct job {
  file_order& order;
  directory& place;
  std::string name;
  std::uint32_t shape;
  std::unique_ptr<temporary_file> file{};

  void fail(failure why) {
    order.outcome = std::move(why);
    file.reset();
  }
};

class batch {
 public:
  batch(const permissions& wanted, system_calls& system, const writer_identity& identity,
        leftovers& sweeper)
      : wanted_(wanted), system_(system), identity_(identity), sweeper_(sweeper) {}

  void run(std::span<file_order* const> orders) {
    jobs_.reserve(orders.size());
    for (file_order* order : orders) {
      job& added = jobs_.emplace_back(take(*order));
      if (!is_right_already(added)) write(added);
    }
    if (jobs_.size() > 1)
      for (const job& each : jobs_)
        if (each.file) each.file->start_writing_back();
    for (job& each : jobs_)
      if (each.file)
        if (auto synced = each.file->sync(); !synced) each.fail(synced.error());
    for (job& each : jobs_)
      if (each.file) put_in_place(each);
    flush_directories();
  }

 private:
  job take(file_order& order) {
    const std::size_t slash = order.path.rfind('/');
    const std::string parent = order.path.substr(0, slash == 0 ? 1 : slash);
    auto [found, is_new] = directories_.try_emplace(parent);
    directory& place = found->second;
    if (is_new) {
      place.opened = open_directory(system_, parent);
      place.error = place.opened.is_open() ? 0 : errno;
      if (place.opened.is_open()) sweeper_.sweep_once(parent, place.opened.number());
    }
    return {order, place, order.path.substr(slash + 1), shape_of(order.shape, wanted_)};
  }

  /// Also true where it can't become right: the outcome says why.
  bool is_right_already(job& of) {
    file_order& order = of.order;
    if (!of.place.opened.is_open()) {
      of.fail(file_failure(order.path, file_step::open_directory, of.place.error));
      return true;
    }
    const int in = of.place.opened.number();
    const auto found = look_at(system_, in, of.name, order.path);
    if (!found) {
      of.fail(found.error());
      return true;
    }
    order.outcome = sync::delivered{sync::write_result::written, {}};
    const bool untouched =
        *found && order.recorded && make_mark(**found, of.shape) == *order.recorded;
    if (untouched && order.same_token && order.mark_suffices) {
      order.outcome = sync::delivered{sync::write_result::unchanged, *order.recorded};
      return true;
    }
    if (order.recorded && order.same_token && !untouched)
      order.outcome = sync::delivered{sync::write_result::repaired, {}};
    if (!*found || (untouched && !order.same_token)) return false;

    const auto equal = holds(system_, in, of.name, wanted_, order.bytes.reveal());
    if (!equal) return false;
    order.outcome = sync::delivered{sync::write_result::unchanged, make_mark(*equal, of.shape)};
    // Its name may be from a run that ended before it had made that durable.
    of.place.must_be_flushed = of.place.must_be_flushed || !untouched;
    return true;
  }

  void write(job& of) {
    of.file = std::make_unique<temporary_file>(system_, of.order.path, of.place.opened.number(),
                                               identity_.temporary_name());
    auto done = of.file->create();
    if (done) done = of.file->write(of.order.bytes.reveal());
    if (done) done = of.file->set(wanted_);
    if (!done) of.fail(done.error());
  }

  void put_in_place(job& of) {
    const auto placed = of.file->put_in_place(of.name);
    of.place.must_be_flushed = true;
    if (!placed) return of.fail(placed.error());
    of.order.outcome->sign = make_mark(*placed, of.shape);
    of.file.reset();
  }

  void flush_directories() {
    for (auto& [name, each] : directories_) {
      if (!each.must_be_flushed || system_.fsync(each.opened.number()) == 0) continue;
      const int error = errno;
      for (job& of : jobs_)
        if (&of.place == &each && of.order.outcome)
          of.fail(file_failure(of.order.path, file_step::sync, error));
    }
  }

  const permissions& wanted_;
  system_calls& system_;
  const writer_identity& identity_;
  leftovers& sweeper_;
  std::map<std::string, directory> directories_;
  std::vector<job> jobs_;
};

}  // namespace

std::uint32_t shape_of(std::uint64_t content_shape, const permissions& wanted) {
  const std::uint64_t whole = wanted.shape(content_shape);
  return static_cast<std::uint32_t>(whole ^ whole >> 32U);
}

void commit_files(std::span<file_order* const> orders, const permissions& wanted,
                  system_calls& system, const writer_identity& identity, leftovers& sweeper) {
  batch{wanted, system, identity, sweeper}.run(orders);
}

}  // namespace tokensyncd::sinks
