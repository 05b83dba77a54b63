#include "daemon/sync/reload/channel_set.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd::sync {

channel_set::channel_set(dependencies deps, fleet& all, delivery& out, drift& looks,
                         known_tokens& known, hook_runners& programs, sink_tasks& tending,
                         run_tasks& tasks, std::function<void(const failure&)> report_fault)
    : deps_(deps),
      fleet_(all),
      delivery_(out),
      drift_(looks),
      known_tokens_(known),
      hooks_(programs),
      sink_tasks_(tending),
      tasks_(tasks),
      report_fault_(std::move(report_fault)) {}

std::vector<std::shared_ptr<sink_channel>> channel_set::make(std::vector<engine_sink> sinks) {
  std::vector<std::shared_ptr<sink_channel>> channels(sinks.size());
  const auto match = [&](auto belongs) {
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      if (channels[i] != nullptr) continue;
      const auto fits = [&](const auto& l) {
        return belongs(*l, sinks[i]) &&
               std::find(channels.begin(), channels.end(), l) == channels.end();
      };
      const auto found = std::find_if(fleet_.channels.begin(), fleet_.channels.end(), fits);
      if (found != fleet_.channels.end()) channels[i] = *found;
    }
  };
  // A renamed sink keeps its channel, because that knows which deliveries its writer has begun.
  match([](const sink_channel& l, const engine_sink& s) { return l.what.writer == s.writer; });
  match([](const sink_channel& l, const engine_sink& s) { return l.what.name == s.name; });
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    auto& l = channels[i];
    if (l == nullptr) {
      l = std::make_shared<sink_channel>(deps_, fleet_, known_tokens_);
    } else if (l->what.writer != sinks[i].writer) {
      l->look_now = true;  // with its settings, what there is may no longer be what it should be
    }
    l->what = std::move(sinks[i]);
  }
  return channels;
}

void channel_set::start() {
  listen();
  sink_tasks_.keep(fleet_.channels);
  for (const auto& l : fleet_.channels) start(l);
}

void channel_set::start(const std::shared_ptr<sink_channel>& l) {
  tasks_.ending->start(delivery_.serve(l));
  tasks_.ending->start(hooks_.serve(l));
  auto watch = [this, l] { return drift_.watch(l); };
  tasks_.endless->start(
      supervised(deps_.time, "looks at sink " + l->what.name, std::move(watch), report_fault_));
}

void channel_set::exchange(const std::vector<std::shared_ptr<sink_channel>>& old) {
  // Each old channel looks now whether it is retired.
  for (const auto& l : old) {
    l->retired =
        std::find(fleet_.channels.begin(), fleet_.channels.end(), l) == fleet_.channels.end();
    l->sleep->wake();
    l->look->wake();
    l->hook.wake();
  }

  // The sinks of the new channels are tended before anything is delivered to them.
  listen();
  sink_tasks_.keep(fleet_.channels);
  for (const auto& l : fleet_.channels) {
    if (std::find(old.begin(), old.end(), l) == old.end()) start(l);
  }
}

void channel_set::listen() {
  for (const auto& l : fleet_.channels) {
    sink& one = *l->what.writer;
    one.report_to([this, &one](sink_news what) { hear(one, what); });
  }
}

void channel_set::hear(const sink& who, sink_news what) {
  for (const auto& l : fleet_.channels) {
    if (l->what.writer.get() != &who) continue;
    if (what == sink_news::look_again) {
      l->ask_for_look();
    } else {
      l->queue.retry_all_now();
      l->sleep->wake();
    }
  }
}

void channel_set::ask_anew(anew why) {
  for (const auto& l : fleet_.channels) {
    if (l->what.writer->ask_anew(why)) hear(*l->what.writer, sink_news::try_again);
    l->hook.retry_now(deps_.time.now());
  }
}

}  // namespace tokensyncd::sync
