#include "daemon/sinks/make_sink.hpp"

#include <string>
#include <variant>

#include "daemon/sinks/exec/exec_sink.hpp"
#include "daemon/sinks/file/file_sink.hpp"
#include "daemon/sinks/file/group/group_file_sink.hpp"
#include "daemon/sinks/hook/hook_program.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks {
namespace {

struct maker {
  const config::sink& section;
  const sink_context& context;

  std::unique_ptr<sync::sink> operator()(const config::file_sink_settings& settings) const {
    if (settings.grouping) return std::make_unique<group_file_sink>(settings, context);
    return std::make_unique<file_sink>(settings, context);
  }
  std::unique_ptr<sync::sink> operator()(const config::vault_sink_settings& /*kind*/) const {
    return std::make_unique<vault::vault_sink>(section, context);
  }
  std::unique_ptr<sync::sink> operator()(const config::exec_sink_settings& settings) const {
    return std::make_unique<exec_sink>(section.name, settings, context);
  }
};

}  // namespace

std::unique_ptr<sync::sink> make_sink(const config::sink& settings, const sink_context& context) {
  return std::visit(maker{settings, context}, settings.kind);
}

std::unique_ptr<sync::hook> make_hook(const config::sink& settings, const sink_context& context) {
  if (!settings.on_change) return nullptr;
  return std::make_unique<hook_program>(settings.name, *settings.on_change, context);
}

}  // namespace tokensyncd::sinks
