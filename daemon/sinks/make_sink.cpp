#include "daemon/sinks/make_sink.hpp"

#include <string>
#include <variant>

#include "daemon/sinks/exec/exec_sink.hpp"
#include "daemon/sinks/exec/hook_program.hpp"
#include "daemon/sinks/file_sink.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks {
namespace {

struct maker {
  const std::string& name;  ///< for a kind that tells of itself by sink_world::tell
  const sink_world& world;

  std::unique_ptr<sync::sink> operator()(const config::file_sink_settings& settings) const {
    return std::make_unique<file_sink>(settings, world);
  }
  std::unique_ptr<sync::sink> operator()(const config::exec_sink_settings& settings) const {
    return std::make_unique<exec_sink>(name, settings, world);
  }
  std::unique_ptr<sync::sink> operator()(const config::vault_sink_settings& settings) const {
    return std::make_unique<vault::vault_sink>(settings, world, name);
  }
};

}  // namespace

std::unique_ptr<sync::sink> make_sink(const config::sink& settings, const sink_world& world) {
  return std::visit(maker{settings.name, world}, settings.kind);
}

std::unique_ptr<sync::hook> make_hook(const config::sink& settings, const sink_world& world) {
  if (!settings.on_change) return nullptr;
  return std::make_unique<hook_program>(settings.name, *settings.on_change, world);
}

}  // namespace tokensyncd::sinks
