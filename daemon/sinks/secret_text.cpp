#include "daemon/sinks/secret_text.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t first_capacity = 512;

}  // namespace

secret_text::~secret_text() {
  wipe(bytes_.get(), size_);
}

void secret_text::append(std::string_view text) {
  if (text.size() > capacity_ - size_) {
    const std::size_t wanted = std::max({first_capacity, capacity_ * 2, size_ + text.size()});
    auto larger = std::make_unique<char[]>(wanted);
    std::copy_n(bytes_.get(), size_, larger.get());
    wipe(bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }
  std::ranges::copy(text, bytes_.get() + size_);
  size_ += text.size();
}

}  // namespace tokensyncd::sinks
