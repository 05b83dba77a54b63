#include "daemon/sinks/vault/destination_names.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace tokensyncd::sinks::vault {
namespace {

std::vector<config::template_part> parse_path(const std::string& text) {
  auto parsed = config::parse_template(text, config::template_use::path);
  if (auto* error = std::get_if<config::template_error>(&parsed))
    throw std::invalid_argument(error->sentence);
  return std::get<std::vector<config::template_part>>(std::move(parsed));
}

std::string mount_of(const config::vault_sink_settings& settings) {
  const std::string above = settings.name_space.empty() ? "" : settings.name_space + "/";
  return above + settings.mount + "/";
}

}  // namespace

destination_names::destination_names(const config::vault_sink_settings& settings)
    : server_("vault:" + settings.addresses.front() + "/v1/"),
      mount_(mount_of(settings)),
      path_(parse_path(settings.path)) {}

std::string destination_names::path(const sync::target& whom) const {
  return config::expand_path(path_, whom.workspace, whom.labels);
}

std::string destination_names::destination(const sync::target& whom) const {
  return server_ + mount_ + path(whom);
}

std::string destination_names::canonical_location(const sync::target& whom) const {
  return "vault:" + mount_ + path(whom);
}

bool destination_names::reaches(std::string_view destination) const {
  return destination.starts_with(server_ + mount_);
}

std::string destination_names::path_at(std::string_view destination) const {
  return std::string{destination.substr(server_.size() + mount_.size())};
}

std::string destination_names::canonical_location_at(std::string_view destination) const {
  return "vault:" + std::string{destination.substr(server_.size())};
}

}  // namespace tokensyncd::sinks::vault
