#include "tests/support/http_call.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "tests/support/blocking_socket.hpp"

namespace tokensyncd::tests {
namespace {

std::string without_chunks(std::string_view body) {
  std::string out;
  for (;;) {
    const auto end = body.find("\r\n");
    if (end == std::string_view::npos) throw std::runtime_error("a chunk is cut");
    const auto size = std::stoul(std::string(body.substr(0, end)), nullptr, 16);
    if (size == 0) return out;
    out += body.substr(end + 2, size);
    if (body.size() < end + 2 + size + 2) throw std::runtime_error("a chunk is cut");
    body.remove_prefix(end + 2 + size + 2);
  }
}

}  // namespace

http_answer parse_answer(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string_view::npos)
    throw std::runtime_error("not an HTTP answer: " + std::string(bytes.substr(0, 200)));
  http_answer out;
  out.status = static_cast<unsigned>(std::stoul(std::string(bytes.substr(9, 3))));
  auto head = bytes.substr(0, end);
  for (auto line_end = head.find("\r\n"); line_end != std::string_view::npos;) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    const auto line = head.substr(0, line_end);
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers[name] = std::string(line.substr(colon + 2));
  }
  out.body = std::string(bytes.substr(end + 4));
  if (out.headers["transfer-encoding"] == "chunked") out.body = without_chunks(out.body);
  return out;
}

http_answer http_call(const std::string& where, const http_question& what) {
  std::string bytes;
  bytes.append(what.method).append(" ").append(what.path).append(" HTTP/1.1\r\n");
  const auto says_host = std::any_of(what.headers.begin(), what.headers.end(),
                                     [](const auto& header) { return header.first == "Host"; });
  if (!says_host) bytes += "Host: localhost\r\n";
  for (const auto& [name, value] : what.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  bytes.append("Content-Length: ").append(std::to_string(what.body.size()));
  bytes.append("\r\nConnection: close\r\n\r\n").append(what.body);
  const blocking_socket one{where};
  one.write(bytes);
  return parse_answer(one.read_all());
}

}  // namespace tokensyncd::tests
