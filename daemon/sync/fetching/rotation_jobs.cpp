#include "daemon/sync/fetching/rotation_jobs.hpp"

namespace tokensyncd::sync {

std::shared_ptr<rotation_job> rotation_jobs::open(handle who, const rotation_request& how) {
  auto& entry = jobs_[who.slot];
  // One of a workspace that left, whose slot is another's now, ends by itself.
  if (entry && entry->who == who) return nullptr;
  entry = std::make_shared<rotation_job>();
  entry->who = who;
  entry->older_than = how.older_than;
  entry->by_policy = how.by_policy;
  entry->forced = how.force;
  return entry;
}

std::shared_ptr<rotation_job> rotation_jobs::waiting(handle who) const {
  const auto found = jobs_.find(who.slot);
  if (found == jobs_.end() || found->second->who != who) return nullptr;
  return found->second->at == rotation_job::stage::waiting ? found->second : nullptr;
}

void rotation_jobs::close(const std::shared_ptr<rotation_job>& what) {
  const auto found = jobs_.find(what->who.slot);
  if (found != jobs_.end() && found->second == what) jobs_.erase(found);
}

void rotation_jobs::checked(handle who, bool answered, bool believed) {
  const auto found = jobs_.find(who.slot);
  if (found == jobs_.end() || found->second->who != who) return;
  rotation_job& job = *found->second;
  if (job.at == rotation_job::stage::waiting)
    job.checks.before_call = job.checks.before_call || answered;
  if (job.at != rotation_job::stage::checking) return;
  (believed ? job.checks.after_call : job.checks.failed) = true;
  if (job.waiter != nullptr) job.waiter->wake();
}

void rotation_jobs::changed() {
  for (const auto& [slot, job] : jobs_) {
    if (job->waiter != nullptr) job->waiter->wake();
  }
}

}  // namespace tokensyncd::sync
