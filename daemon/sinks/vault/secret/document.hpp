#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/container/pmr/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace tokensyncd::sinks::vault {

/// Memory that is wiped when it is given back. One thread at a time.
class wiped_memory final : public boost::container::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void* bytes, std::size_t size, std::size_t alignment) noexcept override;
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override;
};

/// A JSON text that may hold secrets: what was read of it is wiped at the end. One thread at a
/// time.
class document {
 public:
  document();
  document(document&& other) noexcept;
  document& operator=(document&& other) noexcept;
  document(const document&) = delete;
  document& operator=(const document&) = delete;
  ~document();

  /// Reads one JSON object with nothing after it, nested 32 deep at most. False for anything else.
  [[nodiscard]] bool read(std::string_view text);

  /// What was read; empty where nothing was, or no object.
  [[nodiscard]] const boost::json::object& root() const noexcept;

 private:
  std::unique_ptr<wiped_memory> memory_;  // must outlive what is in it, and stay where it is
  std::optional<boost::json::value> value_;
};

/// The member `name` of an object as an object, a text, a number; null or none where it isn't one.
[[nodiscard]] const boost::json::object* object_in(const boost::json::object& from,
                                                   std::string_view name) noexcept;
[[nodiscard]] std::optional<std::string_view> text_in(const boost::json::object& from,
                                                      std::string_view name) noexcept;
[[nodiscard]] std::optional<std::uint64_t> number_in(const boost::json::object& from,
                                                     std::string_view name) noexcept;
[[nodiscard]] bool is_true_in(const boost::json::object& from, std::string_view name) noexcept;

}  // namespace tokensyncd::sinks::vault
