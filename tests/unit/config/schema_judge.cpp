#include "tests/unit/config/schema_judge.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

namespace tokensyncd::config {

const std::string root_folder = TOKENSYNCD_SOURCE_DIR;
const std::string schema_file = root_folder + "/config/tokensyncd.schema.json";

std::string read_text(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> judged_by_schema(const std::vector<std::string>& files) {
  std::string command = "/usr/bin/python3 '" + root_folder +
                        "/tests/unit/config/judge_by_schema.py' '" + schema_file + "'";
  for (const std::string& file : files) {
    command += " '" + file + "'";
  }
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  std::vector<std::string> lines;
  std::istringstream in{output};
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

void expect_same_verdicts(const config_folder& folder, const std::vector<verdict>& documents) {
  std::vector<std::string> files;
  for (std::size_t at = 0; at < documents.size(); ++at) {
    const std::string name = "document-" + std::to_string(at) + ".yaml";
    folder.write(name, documents[at].text);
    files.push_back((folder.path() / name).string());
  }
  const std::vector<std::string> by_schema = judged_by_schema(files);
  ASSERT_EQ(by_schema.size(), documents.size());
  for (std::size_t at = 0; at < documents.size(); ++at) {
    const loaded by_loader = folder.load(documents[at].text);
    EXPECT_EQ(by_loader.value.has_value(), documents[at].good)
        << documents[at].text << config_folder::listed(by_loader.errors);
    EXPECT_EQ(by_schema[at] == "good", documents[at].good) << documents[at].text << by_schema[at];
  }
}

}  // namespace tokensyncd::config
