#pragma once

// What the parts of the observer say alike.
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/failure_words.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/telemetry/reminders.hpp"

namespace tokensyncd::telemetry {

/// By who acts: what goes away by itself is a warning, what needs a person an error.
inline log_level level_of(const failure& error) {
  if (error.kind == failure_kind::cancelled) return log_level::debug;
  return is_retryable(error.kind) ? log_level::warning : log_level::error;
}

inline double milliseconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

inline std::string quoted(std::string_view workspace) {
  return "'" + std::string(workspace) + "'";
}

/// Begins the sentence of a sink's failure, which knows only its own file or server.
inline std::string about(std::string_view sink, std::string_view workspace) {
  return "Sink " + quoted(sink) + ", workspace " + quoted(workspace) + ": ";
}

inline constexpr std::string_view upstream_key = "upstream";

inline std::string source_key(std::string_view workspace) {
  return "source/" + std::string(workspace);
}

/// Begins the keys of all of a sink's troubles.
inline std::string sink_key(std::string_view sink) {
  return "sink/" + std::string(sink) + "/";
}

inline std::string hook_key(std::string_view sink) {
  return "hook/" + std::string(sink) + "/";
}

/// `sentence`, which begins with whom it is about where it doesn't name that itself.
inline std::string naming(std::string_view what, std::string_view name,
                          const std::string& sentence) {
  if (sentence.find(quoted(name)) != std::string::npos) return sentence;
  return std::string(what) + quoted(name) + ": " + std::string(without_workspace(sentence, name));
}

/// Ends the sentence of a program that failed with the last line that it wrote.
inline std::string last_words(const failure& error) {
  return error.output.empty() ? "" : "; its last line: " + error.output;
}

/// Ends the sentence of a trouble that lasts.
inline std::string still(const reminders::lasting& trouble) {
  return "; still failing after " + length_in_words(trouble.since) + ", failure number " +
         std::to_string(trouble.failures);
}

}  // namespace tokensyncd::telemetry
