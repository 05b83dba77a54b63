#include "daemon/runtime/random.hpp"

#include <array>
#include <cstring>
#include <random>

#include "daemon/runtime/crypto.hpp"

namespace tokensyncd {

namespace {

class machine_rng final : public random_source {
 public:
  explicit machine_rng(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

std::unique_ptr<random_source> make_rng() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  random_bytes(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return std::make_unique<machine_rng>(seed);
}

}  // namespace tokensyncd
