#include "daemon/sinks/make_sink.hpp"

#include <variant>

#include "daemon/sinks/file_sink.hpp"

namespace tokensyncd::sinks {
namespace {

struct maker {
  const sink_world& world;

  std::unique_ptr<sync::sink> operator()(const config::file_sink_settings& settings) const {
    return std::make_unique<file_sink>(settings, world);
  }
};

}  // namespace

std::unique_ptr<sync::sink> make_sink(const config::sink& settings, const sink_world& world) {
  return std::visit(maker{world}, settings.kind);
}

}  // namespace tokensyncd::sinks
