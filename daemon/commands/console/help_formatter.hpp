#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace tokensyncd::commands {

/// Has CLI11 leave the lines of our texts as they are; since 2.5 it would break them anew.
template <class Formatter>
void keep_lines(Formatter& formatter) {
  if constexpr (requires { formatter.enable_footer_formatting(false); }) {
    constexpr std::size_t longer_than_any = 10'000;
    formatter.enable_footer_formatting(false);
    formatter.enable_description_formatting(false);
    formatter.right_column_width(longer_than_any);
  }
}

/// Help with whole lines and `Usage:` whichever release of CLI11 it is. For one thread.
class help_formatter final : public CLI::Formatter {
 public:
  help_formatter() { keep_lines<CLI::Formatter>(*this); }

  /// With `Usage:`, which later releases leave out where there is a name.
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string text = CLI::Formatter::make_usage(app, std::move(name));
    const auto first = text.find_first_not_of('\n');
    if (first != std::string::npos && text.find("Usage:") == std::string::npos)
      text.insert(first, "Usage: ");
    return text;
  }
};

}  // namespace tokensyncd::commands
