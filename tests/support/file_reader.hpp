#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace tokensyncd::tests {

/// What was seen of one file.
struct sightings {
  std::filesystem::path file;
  std::vector<std::string> contents{};  ///< in order, without repetitions in a row
  std::uint64_t looks = 0;
  std::uint64_t missing = 0;  ///< looks that found no file
  std::uint64_t wider = 0;    ///< looks that found permissions beyond 0600
};

/// Opens files again and again on a thread of its own, as their consumers do. They must be there.
class file_reader {
 public:
  explicit file_reader(const std::vector<std::filesystem::path>& files);
  ~file_reader();
  file_reader(const file_reader&) = delete;
  file_reader& operator=(const file_reader&) = delete;

  /// Ends the reading and says what was seen, in the order of the files.
  std::vector<sightings> stop();

 private:
  void read_on();

  std::vector<sightings> seen_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tokensyncd::tests
