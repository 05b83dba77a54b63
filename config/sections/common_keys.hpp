#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/yaml/section.hpp"

/// Readers of keys that several sections have.
namespace tokensyncd::config {

/// A file that holds a secret; reports what secret_file_trouble() finds.
void read_secret_file(const section& in, std::string_view key, std::filesystem::path& target);
/// A file that is read and holds no secret; reports what input_file_trouble() finds.
void read_input_file(const section& in, std::string_view key, std::filesystem::path& target);
/// `server_name`: whom a TLS certificate must name.
void read_server_name(const section& in, std::string& target);
/// `min_version` of TLS.
void read_min_version(const section& in, std::string& target);

}  // namespace tokensyncd::config
