#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/fs/secret_file.hpp"

namespace tokensyncd::source {

/// What proves to the API who we are: Partner Secrets from their files, the difference between its
/// clock and ours, and the JWT made of them. Decides what to do about a refusal. No I/O but that of
/// look() and read(). For the loop's thread.
class credentials {
 public:
  /// A server's clock that differs by less is taken as ours.
  static constexpr std::chrono::seconds skew_noticed{5};
  /// A difference that alone explains a refusal without a code that says so.
  static constexpr std::chrono::seconds skew_suspected{60};

  /// `previous_file` may be empty: none.
  credentials(std::string partner_id, std::filesystem::path secret_file,
              const std::filesystem::path& previous_file);

  /// Reads the files if that is due. Returns new failures, each only once. Blocks.
  std::vector<failure> look(steady_time now);

  /// Reads the files now, because something says that they changed. Otherwise as look().
  std::vector<failure> look_at_once(steady_time now);

  /// The files: the current secret's, then the previous one's where there is one.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

  /// What a read of the files gave, in their order.
  using contents = std::vector<result<secret>>;

  /// Reads `files`. Blocks; for any thread.
  [[nodiscard]] static contents read(const std::vector<std::filesystem::path>& files);

  /// Whether the files are to be read again.
  [[nodiscard]] bool is_due(steady_time now) const noexcept { return current_.is_due(now); }

  /// Takes what read() gave for files(). The troubles to tell, each once.
  std::vector<failure> take(steady_time now, contents read);

  /// How often a look found a new content in a file; 0 while there is no secret.
  [[nodiscard]] std::uint32_t secrets_read() const noexcept;

  /// What to send. Shared, because calls under way keep it while it is made anew.
  struct proof {
    std::shared_ptr<const secret> authorization;  ///< `Bearer …`
    std::uint64_t era = 0;                        ///< grows when secret or skew change
  };

  /// A proof that is valid for another minute at least. A failure (bad_signature) where there never
  /// was a secret to sign with.
  [[nodiscard]] result<proof> prove(wall_time now);

  /// A proof of `era` was accepted: secret and skew of then are right.
  void accepted(std::uint64_t era) noexcept;

  /// Learns from a refusal (bad_signature, unauthorized or clock_skew) of a proof of `era`; look()
  /// at once comes first. `server`: the server's clock, where it said. Whether asking once more
  /// makes sense: secret or skew have changed since, the skew is corrected now, or something else
  /// is tried now. That is the other secret or, where the server said no time, our own clock
  /// instead of a corrected one and the reverse. It stays in use once it is accepted; refused, what
  /// was accepted last comes back: one workspace's refusal changes nothing for the others.
  bool refused(std::uint64_t era, failure_kind why, std::optional<std::chrono::sys_seconds> server,
               wall_time now);

  /// The secrets that the vendor may sign with: the current one and the one before, as far as there
  /// are any. Valid until the next look.
  [[nodiscard]] std::vector<const secret*> keys() const;

  /// Server's clock minus ours, as far as we correct for it.
  [[nodiscard]] std::chrono::seconds skew() const noexcept { return skew_; }

 private:
  /// Which secret and which clock: a set of the bits below.
  using choice = unsigned;
  static constexpr choice previous_secret = 1;
  static constexpr choice learned_clock = 2;
  static constexpr choice all_choices = 3;

  struct combination {
    bool previous = false;
    std::chrono::seconds skew{0};
    friend bool operator==(const combination&, const combination&) = default;
  };

  [[nodiscard]] choice now_used() const noexcept;
  void use(choice what) noexcept;
  bool try_another(choice may_differ) noexcept;
  [[nodiscard]] const secret_file& active() const noexcept;
  [[nodiscard]] bool has_other() const noexcept;

  std::string partner_id_;
  secret_file current_;
  std::optional<secret_file> previous_;
  bool use_previous_ = false;
  std::chrono::seconds skew_{0};
  std::chrono::seconds learned_skew_{0};   ///< what a refusal's Date said last
  std::optional<combination> accepted_{};  ///< last, since a file changed
  choice tried_ = 0;                       ///< last, in search of one that is accepted
  std::uint64_t era_ = 1;
  std::shared_ptr<const secret> made_;
  std::uint64_t made_era_ = 0;
  wall_time made_for_{};
};

}  // namespace tokensyncd::source
