#pragma once

#include <exception>
#include <optional>
#include <string>

#include <sys/resource.h>

namespace tokensyncd {

/// Descriptors that a start needs beside those that it was given: fewer would end in errors that
/// name a file and not the limit.
inline constexpr int descriptors_to_start = 32;

/// Raises the limit on open descriptors as far as it goes without privileges: from the soft to the
/// hard one (getrlimit(2)). Programs that this one starts get the limit back that it was started
/// with, because some of them (select(2)) rely on it. Once, before other threads run.
void raise_descriptor_limit() noexcept;

/// The limit that the programs get which this one starts.
[[nodiscard]] rlimit descriptor_limit_of_children() noexcept;

/// How many descriptors this process may have: no number of one reaches it.
[[nodiscard]] int descriptor_limit() noexcept;

/// Throws std::system_error(EMFILE, or what else the kernel says) when `count` more descriptors
/// can't be opened now.
void require_descriptors(int count);

/// Where an exception says that the system gave no thread, process, descriptor or memory: a
/// sentence that names the limit and how to raise it. None: it is about something else.
[[nodiscard]] std::optional<std::string> shortage_of(const std::exception& error);

/// The sentence for such an errno: EMFILE, ENFILE, EAGAIN (of a thread or process), ENOMEM.
[[nodiscard]] std::string shortage_sentence(int error);

/// Within a catch block: throws again what was caught where it is a shortage, because that is no
/// fault of what was being made.
void pass_on_shortage(const std::exception& error);

}  // namespace tokensyncd
