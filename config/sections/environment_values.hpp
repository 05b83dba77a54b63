#pragma once

#include <string>
#include <string_view>
#include <vector>

/// `${NAME}` may hold a secret by mistake: the Partner Secret where the name of its
/// file is wanted. So people are shown the variable's name in the place
/// of its value.
namespace tokensyncd::config {

/// A variable of the environment that completed some text.
struct variable {
  std::string name;
  std::string value;  ///< never empty
};

/// The longest value first.
using variables = std::vector<variable>;

/// Adds a variable, once.
void note_variable(std::string_view name, std::string_view value, variables& all);

/// A sentence with `${NAME}` in the place of values of 6 bytes or more; a shorter one is found in
/// too many other words.
[[nodiscard]] std::string without_values(std::string sentence, const variables& all);

/// YAML that yaml_writer made: in each text in quotes, `${NAME}` stands for values of 6 bytes or
/// more, and for a shorter one that is the whole text. What loads from it stays the same.
[[nodiscard]] std::string yaml_without_values(std::string_view yaml, const variables& all);

}  // namespace tokensyncd::config
