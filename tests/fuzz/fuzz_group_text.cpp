// Whatever stands in the file of a group: an entry that is found is whose it is said to be, what
// could be taken apart is put together again, and changing one entry changes no other.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/sinks/file/group/group_text.hpp"

using namespace tokensyncd;
using namespace tokensyncd::sinks;

namespace {

struct layout {
  config::file_grouping frame;
  std::string_view entry;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void change_one(const layout& as, std::string_view text) {
  const group_text of{as.frame, as.entry};
  const content entry{as.entry};
  auto entries = of.split(text);
  if (!entries) return;
  if (!entries->empty()) require(of.join(*entries).reveal() == text);
  const config::labels none;
  entry_finder finder{*entries};
  for (const std::string_view id : {"acme", "bolt", "corp"}) {
    const entry_pattern whose{entry, id};
    const auto found = finder.find(whose);
    if (!found) continue;
    require(whose.fits((*entries)[*found]));
    auto changed = *entries;
    const secret other = entry.render({id, none}, revision{}, secret{"t0ken"});
    changed[*found] = other.reveal();
    const secret joined = of.join(changed);
    require(of.split(joined.reveal()) == changed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<layout> layouts{
      {{"", "{\n", ",\n", "\n}\n"}, "  {workspace|json}: {token|json}"},
      {{"", "", "", ""}, "{workspace} {token} {rotated_at};\n"},
      {{"", "", "\n", "end\n"}, "- {workspace}\n  {token}\n"}};
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  change_one(layouts[data[0] % layouts.size()], text);
  return 0;
}
