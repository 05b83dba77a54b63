#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/keys.hpp"
#include "config/loader.hpp"
#include "config/yaml/document.hpp"
#include "config/yaml/nearest_name.hpp"
#include "config/yaml/problems.hpp"

namespace tokensyncd::config {

/// What every reader of a file needs.
struct reading {
  file_problems& problems;
  const environment& env;
  std::filesystem::path directory;  ///< absolute; relative paths are relative to it
};

/// A word of the file and the value that it stands for.
template <class Value>
using word = std::pair<std::string_view, Value>;

/// One text of a list and where it stands.
struct list_item {
  const node* value;
  std::string text;
};

/// One mapping of the file, read key by key. Each read reports what is wrong at its place and
/// leaves the target as it is, so that one pass finds everything.
class section {
 public:
  /// Reports unknown keys, and a node that is no mapping. `name` is the dotted path of the section
  /// for sentences, empty for the root; `known` its keys; `later` keys that a later version brings.
  section(const node& mapping, std::string name, keys::list known, reading& from,
          keys::list later = {});
  /// For a mapping whose keys depend on a value in it: judges none until know() is called.
  section(const node& mapping, std::string name, reading& from);

  /// Reports unknown keys. `elsewhere` are those of which the caller says what is wrong with them.
  void know(keys::list known, keys::list later = {}, keys::list elsewhere = {}) const;
  /// The members, none where this is no mapping.
  [[nodiscard]] const std::vector<node>& members() const;

  /// The member, or null: absent, or refused already.
  [[nodiscard]] const node* find(std::string_view key) const;
  /// Whether the key stands there, also where its value was refused already.
  [[nodiscard]] bool has(std::string_view key) const;
  /// As find(); reports a missing key.
  [[nodiscard]] const node* require(std::string_view key) const;

  void error(const node& value, std::string_view key, std::string_view clause) const;
  /// As error(), at the member's key and not at its value.
  void key_error(const node& member, std::string_view key, std::string_view clause) const;
  void missing(std::string_view key, std::string_view help = "") const;

  /// Text, completed from the environment; never empty, without control characters, and without
  /// placeholders, which would be taken as they stand.
  std::optional<std::string> text(std::string_view key) const;
  /// As text(), with whatever stands in braces: a template, or what a partner has named.
  std::optional<std::string> any_text(std::string_view key) const;
  /// As text(), for a number with its unit. One without is text here too: who reads the unit says
  /// how it is written, which quotes wouldn't mend.
  std::optional<std::string> quantity(std::string_view key) const;
  /// A template's text: line ends and tabs are allowed.
  std::optional<std::string> block(std::string_view key) const;
  /// As above, of a member at hand; `key` is its name in sentences.
  std::optional<std::string> block(const node& value, std::string_view key) const;
  /// A file's path, absolute.
  std::optional<std::filesystem::path> path(std::string_view key) const;
  /// Texts, each as by text(); duplicates are reported.
  std::optional<std::vector<list_item>> items(std::string_view key) const;
  /// Texts in order, each as by any_text(); the same may come twice.
  std::optional<std::vector<list_item>> texts(std::string_view key) const;
  std::optional<labels> label_map(std::string_view key) const;

  void read(std::string_view key, bool& target) const;
  void read(std::string_view key, unsigned& target, unsigned least, unsigned most) const;
  void read(std::string_view key, milliseconds& target, milliseconds least,
            milliseconds most) const;

  /// One of a few words.
  template <class Value, std::size_t Count>
  void read(std::string_view key, Value& target,
            const std::array<word<Value>, Count>& words) const {
    if (const auto given = text(key)) {
      const auto* found = std::ranges::find(words, *given, &word<Value>::first);
      if (found != words.end()) {
        target = found->second;
        return;
      }
      std::vector<std::string_view> names;
      for (const auto& one : words) {
        names.push_back(one.first);
      }
      wrong_word(*find(key), key, *given, names);
    }
  }

  /// The dotted name of a key.
  [[nodiscard]] std::string full(std::string_view key) const;
  void wrong_word(const node& value, std::string_view key, std::string_view given,
                  keys::list allowed) const;

 private:
  enum class form { line, block, quantity };
  /// names: each once, without placeholders. texts: any.
  enum class list_kind { names, texts };
  std::optional<std::string> scalar(const node& value, std::string_view key, form of) const;
  /// Reports a placeholder where it means nothing; whether there is none.
  [[nodiscard]] bool is_plain(const node& value, std::string_view key,
                              std::string_view given) const;
  std::optional<std::vector<list_item>> list_of(std::string_view key, list_kind kind) const;

  const node& mapping_;
  std::string name_;
  reading& from_;
};

}  // namespace tokensyncd::config
