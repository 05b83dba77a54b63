#include "daemon/sinks/file/commit/file_commit.hpp"

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file/commit/rename_rules.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

/// Opened anew for each batch: one that is kept would outlive a directory that was made again.
struct directory {
  descriptor opened;
  int error = 0;
  bool must_be_flushed = false;
  std::optional<file_id> identity{};  ///< where it had to be known
};

/// One order on its way through the stages; without a file it needs none, or has failed.
struct job {
  file_write_request& request;
  directory& destination;
  std::string name;
  std::uint32_t shape;
  std::optional<struct stat> there{};  ///< what stands at the place
  std::unique_ptr<temporary_file> file{};

  void fail(failure why) {
    request.outcome = std::move(why);
    file.reset();
  }
  void meet_stranger(const struct stat& found) {
    request.stranger = make_etag(found, shape);
    file.reset();
  }
  [[nodiscard]] bool is_there_as(const std::optional<sync::etag>& known) const {
    return there && known && same_file(make_etag(*there, shape), *known);
  }
};

class batch {
 public:
  batch(const permissions& wanted, const workshop& with, destination_guard& guard)
      : wanted_(wanted), with_(with), system_(with.system), guard_(guard) {}

  void run(std::span<file_write_request* const> requests) {
    jobs_.reserve(requests.size());
    for (file_write_request* request : requests) {
      job& added = jobs_.emplace_back(take(*request));
      if (!is_right_already(added) && may_write(added)) write(added);
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
  job take(file_write_request& request) {
    const std::string parent = directory_of(request.path);
    auto [found, is_new] = directories_.try_emplace(parent);
    directory& destination = found->second;
    if (is_new) {
      destination.opened = open_directory(system_, parent);
      destination.error = destination.opened.is_open() ? 0 : errno;
      if (destination.opened.is_open())
        with_.sweeper.sweep_once(parent, destination.opened.number());
    }
    return {request, destination, request.path.substr(request.path.rfind('/') + 1),
            shape_of(request.shape, wanted_)};
  }

  /// Also true where it can't become right: the outcome says why.
  bool is_right_already(job& of) {
    file_write_request& request = of.request;
    if (!of.destination.opened.is_open()) {
      of.fail(file_failure(request.path, file_step::open_directory, of.destination.error));
      return true;
    }
    const int in = of.destination.opened.number();
    auto found = look_at(system_, in, of.name, request.path);
    if (!found) {
      of.fail(found.error());
      return true;
    }
    of.there = *found;
    request.outcome = sync::delivered{sync::write_result::written, {}};
    const bool untouched =
        of.there && request.recorded && make_etag(*of.there, of.shape) == *request.recorded;
    if (untouched && request.same_token && request.etag_suffices) {
      request.outcome = sync::delivered{sync::write_result::unchanged, *request.recorded};
      return true;
    }
    if (request.recorded && request.same_token && !untouched)
      request.outcome = sync::delivered{sync::write_result::repaired, {}};
    if (!of.there || (untouched && !request.same_token)) return false;

    const auto equal = holds(system_, in, of.name, wanted_, request.bytes.reveal());
    if (!equal) return false;
    request.outcome = sync::delivered{sync::write_result::unchanged, make_etag(*equal, of.shape)};
    // Its name may be from a run that ended before it had made that durable.
    of.destination.must_be_flushed = of.destination.must_be_flushed || !untouched;
    return true;
  }

  /// Whether nothing forbids to write at a place, neither whose it is nor what its directory is;
  /// else the outcome says what.
  bool may_write(job& of) {
    file_write_request& request = of.request;
    const bool is_ours = of.is_there_as(request.recorded);
    const auto owner = own_file_at(of, is_ours);
    if (!owner || !owner->empty()) {
      of.fail(owner ? own_file_failure(request.path, *owner) : owner.error());
      return false;
    }
    if (of.there && !is_ours && !of.is_there_as(request.may_replace)) {
      meet_stranger(of, *of.there);
      return false;
    }
    if (auto refused =
            rename_refusal(request.path, of.destination.opened.number(), wanted_, of.there)) {
      of.fail(*std::move(refused));
      return false;
    }
    if (!with_.sweeper.clear(directory_of(request.path), of.destination.opened.number())) {
      of.fail(file_failure(request.path, file_step::rename, EPERM));
      return false;
    }
    return !of.there || claim(of, *of.there);
  }

  /// Else the outcome says which path has what is there.
  bool claim(job& of, const struct stat& there) {
    const std::string holder = guard_.claim(id_of(there), of.request.path);
    if (holder == of.request.path) return true;
    of.fail(shared_destination_failure(of.request.path, "the entry at " + holder));
    return false;
  }

  /// Which of the daemon's own files a place is; empty where it is none.
  result<std::string> own_file_at(job& of, bool is_ours) {
    if (!of.destination.identity) {
      struct stat found{};
      if (system_.fstat(of.destination.opened.number(), &found) != 0)
        return file_failure(of.request.path, file_step::look, errno);
      of.destination.identity = id_of(found);
    }
    std::string owner = guard_.owner_by_name(*of.destination.identity, of.name);
    if (!owner.empty() || !of.there || is_ours) return owner;
    // By another name, or the link that an own file is leads here.
    const auto own = guard_.own_files_there();
    const auto same = own.find(id_of(*of.there));
    return same == own.end() ? std::string{} : same->second;
  }

  void write(job& of) {
    of.file =
        std::make_unique<temporary_file>(with_, of.request.path, of.destination.opened.number());
    auto done = of.file->create();
    if (done) done = of.file->set(wanted_);
    if (done) done = of.file->write(of.request.bytes.reveal());
    if (!done) of.fail(done.error());
  }

  void put_in_place(job& of) {
    static_cast<void>(guard_.claim(id_of(of.file->made()), of.request.path));  // new: nobody has it
    const auto placed = of.file->put_in_place(of.name, of.there.has_value());
    of.destination.must_be_flushed = true;
    if (!placed) return of.fail(placed.error());
    if (!*placed) return find_stranger(of);
    of.request.outcome->tag = make_etag(**placed, of.shape);
    const auto& recorded = of.request.recorded;
    // What is missing may have gone with its file system, and come back with it.
    if (!of.there && recorded && recorded->words[0] != of.request.outcome->tag.words[0])
      of.request.uncertain = recorded;
    of.file.reset();
  }

  /// It stays claimed while the loop looks whose it is: an entry that has written it and is being
  /// recorded at this moment would else be found too late.
  void meet_stranger(job& of, const struct stat& there) {
    if (claim(of, there)) of.meet_stranger(there);
  }

  /// Something has come to a place that was empty.
  void find_stranger(job& of) {
    const auto found = look_at(system_, of.destination.opened.number(), of.name, of.request.path);
    if (!found) return of.fail(found.error());
    if (*found) return meet_stranger(of, **found);
    of.fail(file_failure(of.request.path, file_step::rename, EEXIST));
  }

  void flush_directories() {
    for (auto& [name, each] : directories_) {
      if (!each.must_be_flushed || system_.fsync(each.opened.number()) == 0) continue;
      const int error = errno;
      for (job& of : jobs_)
        if (&of.destination == &each && of.request.outcome) {
          // Its name is there all the same, and usually stays.
          of.request.uncertain = of.request.outcome->tag;
          of.fail(file_failure(of.request.path, file_step::sync, error));
        }
    }
  }

  const permissions& wanted_;
  const workshop& with_;
  system_calls& system_;
  destination_guard& guard_;
  std::map<std::string, directory> directories_;
  std::vector<job> jobs_;
};

}  // namespace

std::uint32_t shape_of(std::uint64_t content_shape, const permissions& wanted) {
  const std::uint64_t whole = wanted.shape(content_shape);
  return static_cast<std::uint32_t>(whole ^ whole >> 32U);
}

void commit_files(std::span<file_write_request* const> requests, const permissions& wanted,
                  const workshop& with, destination_guard& guard) {
  batch{wanted, with, guard}.run(requests);
}

}  // namespace tokensyncd::sinks
