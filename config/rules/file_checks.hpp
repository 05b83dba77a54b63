#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace tokensyncd::config {

/// What is wrong with a file that holds a secret, as a clause after its name; empty where nothing
/// is: it exists, is a regular file (also through links), can be read, isn't empty after one
/// trailing newline, and neither its group nor everyone may write it.
[[nodiscard]] std::string secret_file_trouble(const std::filesystem::path& file);

/// What is wrong with a file that is read, as a clause after its name; empty where nothing is.
[[nodiscard]] std::string input_file_trouble(const std::filesystem::path& file);

/// Why a file's bytes aren't there, as a clause after its name.
struct read_error {
  std::string clause;
};

/// The bytes of a regular file of at most `most` bytes.
[[nodiscard]] std::variant<std::string, read_error> read_file(const std::filesystem::path& file,
                                                              std::size_t most);

}  // namespace tokensyncd::config
