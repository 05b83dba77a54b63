#include "config/yaml/document.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/yaml/encoding.hpp"
#include "config/yaml/json_escapes.hpp"
#include "config/yaml/nearest_name.hpp"
#include "config/yaml/source_text.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t deepest = 16;
constexpr std::size_t longest_scalar = std::size_t{64} * 1024;
constexpr std::size_t longest_key = 256;
constexpr std::size_t most_nodes = 50'000;  // kept ones: workspace entries don't count

/// Ends the parse after a report that makes the rest meaningless.
struct stop_parsing {};

class builder final : public YAML::EventHandler {
 public:
  builder(entries_at where, const entry_handler& on_entry, const source_text& from,
          file_problems& problems)
      : where_(where), on_entry_(on_entry), from_(from), problems_(problems) {}

  std::optional<node> take() { return std::move(root_); }

  /// Closes what a syntax error left open.
  void cut_short() {
    cutting_ = true;
    while (!open_.empty()) {
      open_.back().value.complete = false;
      close();
    }
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(node_kind::nothing, place_of_nothing(mark), "", anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const place at = from_.place_of(mark);
    problems_.error(at, "aliases (`*name`) are not supported; write the value out");
    scalar(node_kind::refused, at, "", 0, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const node_kind kind = tag == "?" ? node_kind::plain : node_kind::quoted;
    scalar(kind, from_.place_of(mark), tag, anchor, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(node_kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(node_kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct frame {
    node value;
    bool has_key = false;
    std::string key;
    place key_at;
  };

  [[nodiscard]] bool wants_key() const {
    return !open_.empty() && open_.back().value.kind == node_kind::mapping && !open_.back().has_key;
  }

  /// The parser marks an absent value where the next token begins, maybe lines below.
  [[nodiscard]] place place_of_nothing(const YAML::Mark& mark) const {
    const place at = from_.place_of(mark);
    if (open_.empty()) return at;
    const frame& parent = open_.back();
    if (parent.value.kind == node_kind::sequence) return from_.place_of_empty_item(mark);
    return parent.has_key && at.line != parent.key_at.line ? parent.key_at : at;
  }

  void scalar(node_kind kind, place at, const std::string& tag, YAML::anchor_t anchor,
              const std::string& value) {
    refuse_decoration(at, tag, anchor);
    if (!open_.empty() && holds_entries()) {
      kept_before_entry_ = kept_;
    }
    if (value.size() > longest_scalar) {
      problems_.error(at, "this value is longer than 64 KiB; shorten it");
      throw stop_parsing{};
    }
    if (wants_key()) {
      take_key(kind, at, value);
      return;
    }
    node leaf;
    leaf.kind = kind;
    leaf.at = at;
    leaf.text = value;
    complete(std::move(leaf));
  }

  void take_key(node_kind kind, place at, const std::string& key) {
    frame& parent = open_.back();
    if (kind == node_kind::nothing) {
      problems_.error(at, "a key is missing here");
    } else if (key.size() > longest_key) {
      problems_.error(at, "this key is longer than 256 bytes; shorten it");
    }
    parent.has_key = true;
    parent.key = key.substr(0, longest_key);
    parent.key_at = at;
  }

  void begin(node_kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    const place at = from_.place_of(mark);
    if (wants_key()) {
      // yaml-cpp takes a bracket that is never closed for the begin of a key.
      problems_.error(at,
                      "not valid YAML: the list or mapping that begins here is never closed, or it "
                      "is used as a key; a key must be text");
      throw stop_parsing{};
    }
    if (open_.size() == deepest) {
      problems_.error(at,
                      "this is nested more than 16 levels deep; no key of tokensyncd needs that");
      throw stop_parsing{};
    }
    refuse_decoration(at, tag, anchor);
    frame opened;
    opened.value.kind = kind;
    opened.value.at = at;
    if (!open_.empty() && holds_entries()) {
      kept_before_entry_ = kept_;
    }
    if (!open_.empty() && open_.back().has_key) {
      // Known from the start: whether a list holds the entries is asked while it is open.
      opened.value.key = open_.back().key;
    }
    open_.push_back(std::move(opened));
  }

  void close() {
    node done = std::move(open_.back().value);
    open_.pop_back();
    if (done.kind == node_kind::mapping) {
      report_duplicates(done);
    }
    complete(std::move(done));
  }

  void complete(node&& done) {
    if (open_.empty()) {
      root_ = std::move(done);
      return;
    }
    if (holds_entries()) {
      on_entry_(done);
      kept_ = kept_before_entry_;
      return;
    }
    if (++kept_ > most_nodes && !cutting_) {
      problems_.error(
          done.at,
          "the file has more than 50,000 values outside the list of workspaces; remove some");
      throw stop_parsing{};
    }
    frame& parent = open_.back();
    if (parent.value.kind == node_kind::mapping) {
      done.key = std::exchange(parent.key, {});
      done.key_at = parent.key_at;
      parent.has_key = false;
    }
    parent.value.children.push_back(std::move(done));
  }

  [[nodiscard]] bool holds_entries() const {
    const node& list = open_.back().value;
    if (list.kind != node_kind::sequence) {
      return false;
    }
    return where_ == entries_at::root ? open_.size() == 1
                                      : open_.size() == 2 && list.key == "workspaces";
  }

  void refuse_decoration(place at, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) {
      problems_.error(at,
                      "anchors (`&name`) are not supported; write the value where it is needed");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      problems_.error(at, "tags (`!name`) are not supported; remove the tag");
    }
  }

  void report_duplicates(const node& mapping) {
    std::map<std::string_view, unsigned> lines;
    for (const node& member : mapping.children) {
      const auto [first, is_new] = lines.emplace(member.key, member.key_at.line);
      if (!is_new) {
        problems_.error(member.key_at, "duplicate key `" + printable(member.key) + "`: line " +
                                           std::to_string(first->second) +
                                           " already has it; remove one of the two");
      }
    }
  }

  entries_at where_;
  const entry_handler& on_entry_;
  const source_text& from_;
  file_problems& problems_;
  std::vector<frame> open_;
  std::optional<node> root_;
  bool cutting_ = false;
  std::size_t kept_ = 0;
  std::size_t kept_before_entry_ = 0;
};

/// Goes on past the first document only to see whether there is a second.
class second_document final : public YAML::EventHandler {
 public:
  second_document(const source_text& from, file_problems& problems)
      : from_(from), problems_(problems) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    problems_.error(from_.place_of(mark),
                    "a second YAML document begins here; a file must hold only one");
    throw stop_parsing{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  const source_text& from_;
  file_problems& problems_;
};

/// What stands for a document of which nothing could be read.
node unreadable() {
  node broken;
  broken.kind = node_kind::refused;
  broken.complete = false;
  return broken;
}

std::string syntax_error(const YAML::Exception& error) {
  if (error.msg.starts_with(YAML::ErrorMsg::INVALID_UNICODE)) {
    return "this escape is half of a surrogate pair, which is accepted only in JSON files; write "
           "the character itself, or `\\U` and its eight hex digits";
  }
  return "not valid YAML (" + printable(error.msg) +
         "); check the indentation and the brackets of this line and the one above";
}

}  // namespace

const node* node::find(std::string_view name) const {
  const auto found = std::ranges::find(children, name, &node::key);
  return found == children.end() ? nullptr : &*found;
}

std::optional<node> parse_document(std::string text, entries_at where,
                                   const entry_handler& on_entry, file_problems& problems) {
  if (const auto bad = find_bad_encoding(text)) {
    problems.error(place_at(text, bad->offset), bad->sentence);
    return unreadable();
  }
  yaml_text rewritten = with_yaml_escapes(std::move(text));
  std::istringstream input{std::move(rewritten.text)};
  const source_text from{rewritten, input.view()};
  builder events{where, on_entry, from, problems};
  bool whole = false;
  try {
    YAML::Parser parser{input};
    if (parser.HandleNextDocument(events)) {
      second_document rest{from, problems};
      parser.HandleNextDocument(rest);
    }
    whole = true;
  } catch (const YAML::Exception& error) {
    problems.error(from.place_of(error.mark), syntax_error(error));
    events.cut_short();
  } catch (const stop_parsing&) {
    events.cut_short();
  }
  auto root = events.take();
  return root || whole ? std::move(root) : unreadable();
}

}  // namespace tokensyncd::config
