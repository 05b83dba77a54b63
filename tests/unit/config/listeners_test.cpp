#include "config/rules/listeners.hpp"

#include <gmock/gmock.h>

#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

listeners of(std::vector<std::string> admin, std::vector<std::string> webhook = {}) {
  admin_settings pages;
  pages.listen = std::move(admin);
  webhook_settings events;
  events.listen = std::move(webhook);
  return listeners_of(pages, events);
}

TEST(listeners, are_the_addresses_as_they_are_written) {
  const auto made = of({"127.0.0.1:1", "[::1]:2"}, {"0.0.0.0:3"});
  EXPECT_THAT(made.admin, ElementsAre(listener{"127.0.0.1:1"}, listener{"[::1]:2"}));
  EXPECT_THAT(made.webhook, ElementsAre(listener{"0.0.0.0:3"}));
}

TEST(listeners, leave_ipv4_to_another_of_the_same_port) {
  for (const auto* ipv4 : {"0.0.0.0:1", "127.0.0.1:1"}) {
    EXPECT_THAT(of({"[::]:1", ipv4}).admin, ElementsAre(listener{"[::]:1", true}, listener{ipv4}));
    EXPECT_TRUE(of({"[::]:1"}, {ipv4}).admin[0].only_ipv6);
    EXPECT_TRUE(of({ipv4}, {"[0:0::0]:1"}).webhook[0].only_ipv6);
  }
  EXPECT_FALSE(of({"[::]:1", "0.0.0.0:2"}).admin[0].only_ipv6);
  EXPECT_FALSE(of({"[::]:0", "0.0.0.0:0"}).admin[0].only_ipv6);
  EXPECT_FALSE(of({"[::]:1"}).admin[0].only_ipv6);
}

TEST(listeners, of_localhost_are_both_of_its_addresses) {
  const listener ipv4{"127.0.0.1:1", false, true};
  const listener ipv6{"[::1]:1", false, true};
  EXPECT_THAT(of({"localhost:1"}).admin, ElementsAre(ipv4, ipv6));
  EXPECT_THAT(of({"localhost:1", "127.0.0.1:1"}).admin, ElementsAre(listener{"127.0.0.1:1"}, ipv6));
  EXPECT_THAT(of({"localhost:1", "0.0.0.0:1"}).admin, ElementsAre(listener{"0.0.0.0:1"}, ipv6));
  EXPECT_THAT(of({"localhost:0"}).admin, ElementsAre(listener{"localhost:0"}));
}

TEST(listeners, that_cover_each_other_are_found) {
  const auto overlap = [](std::vector<std::string> all) {
    return overlap_in(of(std::move(all)).admin).has_value();
  };
  EXPECT_TRUE(overlap({"127.0.0.1:1", "0.0.0.0:1"}));
  EXPECT_TRUE(overlap({"[::1]:1", "[::]:1"}));
  EXPECT_TRUE(overlap({"[::1]:1", "[0:0:0:0:0:0:0:1]:1"}));
  EXPECT_FALSE(overlap({"127.0.0.1:1", "0.0.0.0:2"}));
  EXPECT_FALSE(overlap({"127.0.0.1:1", "127.0.0.2:1"}));
  EXPECT_FALSE(overlap({"0.0.0.0:1", "[::]:1"}));
  EXPECT_FALSE(overlap({"127.0.0.1:0", "0.0.0.0:0"}));
  EXPECT_FALSE(overlap({"localhost:1", "127.0.0.1:1", "[::1]:1"}));
}

TEST(listeners, that_cover_each_other_are_errors_of_the_configuration) {
  const config_folder folder;
  const std::string rest =
      "version: 1\npartner: {id: acme, secret_file: secret}\nworkspaces: [{id: w1}]\n"
      "sinks: {files: {type: file, path: /o}}\n";
  EXPECT_THAT(folder.errors(rest + "admin: {listen: ['127.0.0.1:1', '0.0.0.0:1']}\n"),
              HasSubstr("c.yaml:5:8: `admin` listens on 127.0.0.1:1 and on 0.0.0.0:1"));
  EXPECT_THAT(
      folder.errors(rest + "admin: {listen: ['127.0.0.1:1']}\n"
                           "webhook: {listen: ['0.0.0.0:1'], insecure_http: true}\n"),
      HasSubstr("`webhook` listens on 0.0.0.0:1, which clashes with `admin` on 127.0.0.1:1;"));
  EXPECT_THAT(folder.errors(rest + "webhook: {listen: ['localhost:9464']}\n"),
              HasSubstr("`webhook` listens on 127.0.0.1:9464, which clashes with `admin`;"));
  EXPECT_EQ(folder.errors(rest + "admin: {listen: ['[::]:1']}\n"
                                 "webhook: {listen: ['0.0.0.0:1'], insecure_http: true}\n"),
            "");
}

}  // namespace
}  // namespace tokensyncd::config
