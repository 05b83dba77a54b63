// In place of libFuzzer: feeds the files of the directories named to the target, once each.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (const char* directory : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    for (const auto& seed : std::filesystem::directory_iterator(directory)) {
      std::ifstream in(seed.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
      const std::vector<std::uint8_t> input{bytes.begin(), bytes.end()};
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++replayed;
    }
  }
  std::printf("%zu seeds\n", replayed);
  return replayed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
