#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "config/print/effective.hpp"
#include "config/rules/reload_rules.hpp"
#include "config/rules/schedule_fit.hpp"
#include "tests/unit/config/config_folder.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

configuration with_workspaces(std::size_t count, milliseconds interval = 60s) {
  configuration all;
  all.profiles.push_back({interval, true, {0}, {}});
  for (std::size_t number = 0; number < count; ++number) {
    all.workspaces.push_back({std::to_string(10'000 + number), 0});
  }
  return all;
}

TEST(schedule_fit, counts_each_workspace_at_its_own_interval) {
  configuration all = with_workspaces(60);
  all.profiles.push_back({30s, true, {0}, {}});
  all.workspaces.push_back({"x", 1});
  all.workspaces.push_back({"y", 1});
  all.workspaces.push_back({"z", 1});
  EXPECT_DOUBLE_EQ(judge_schedule(all).wanted, 1.1);
}

TEST(rotation_fit, warns_where_tokens_get_older_than_promised) {
  configuration all = with_workspaces(3'000);
  EXPECT_EQ(judge_rotations(all), "") << "no policy";
  all.profiles[0].rotation = rotation_policy{.max_age = 30 * 24h};
  EXPECT_EQ(judge_rotations(all), "") << "100 a day of 120";
  all.profiles[0].rotation->window = {0x1f, 9h, 16h, "Europe/Berlin"};
  EXPECT_EQ(
      judge_rotations(all),
      "rotation: `max_age` needs 100 rotations a day, but `at_most` and `window` allow 25.7, so "
      "tokens get older; raise `at_most` or `max_age`, or widen `window`");
}

TEST(schedule_fit, leaves_a_fifth_of_the_limit_to_events) {
  EXPECT_TRUE(judge_schedule(with_workspaces(960)).fits);
  const schedule_fit over = judge_schedule(with_workspaces(1'200));
  EXPECT_FALSE(over.fits);
  EXPECT_EQ(over.sentence,
            "the schedule asks for 20 checks a second, more than the 16 that `partner.rate_limit` "
            "(20/s) leaves for polls; a fifth is reserved for events and rotations; make the "
            "intervals 1.25 times as long, or raise `partner.rate_limit` to 25/s");
}

TEST(schedule_fit, advises_no_limit_that_the_vendor_would_not_allow) {
  const schedule_fit over = judge_schedule(with_workspaces(6'000));
  EXPECT_THAT(over.sentence, HasSubstr("6.25 times as long (it would need a limit of 125/s"));
}

TEST(schedule_fit, fits_always_without_a_limit) {
  configuration all = with_workspaces(100'000);
  all.partner.rate_limit = 0;
  EXPECT_TRUE(judge_schedule(all).fits);
}

TEST(reload_rules, names_each_key_that_only_a_restart_can_change) {
  const configuration before;
  configuration after;
  after.partner.id = "other";
  EXPECT_THAT(changed_fixed_keys(before, after), IsEmpty());
  after.admin.listen = {};
  after.admin.hosts = {};
  after.admin.expose.emplace();
  after.admin.socket = "/x";
  after.admin.ready_grace = 1s;
  after.webhook.emplace();
  after.state.in_memory = true;
  after.state.file = "/y";
  after.state.required = true;
  EXPECT_THAT(changed_fixed_keys(before, after),
              ElementsAre("admin.listen", "admin.hosts", "admin.expose", "admin.socket",
                          "admin.ready_grace", "webhook.listen", "state.type", "state.file",
                          "state.required"));
}

TEST(reload_rules, lets_all_of_the_webhook_change_but_where_it_listens) {
  configuration before;
  before.webhook.emplace();
  configuration after = before;
  after.webhook->path = "/other";
  after.webhook->cert_file = "/cert.pem";
  after.webhook->key_file = "/key.pem";
  after.webhook->insecure_http = true;
  EXPECT_THAT(changed_fixed_keys(before, after), IsEmpty());
  after.webhook.reset();
  EXPECT_THAT(changed_fixed_keys(before, after), ElementsAre("webhook.listen"));
}

/// What taking the first `removed` of `before` away is judged to be.
workspace_changes taking(std::size_t removed, std::size_t before) {
  const configuration old = with_workspaces(before);
  configuration left = old;
  left.workspaces.erase(left.workspaces.begin(),
                        left.workspaces.begin() + static_cast<std::ptrdiff_t>(removed));
  return compare_workspaces(old, left);
}

TEST(reload_rules, calls_everything_or_over_a_fifth_and_five_a_mass_removal) {
  EXPECT_TRUE(taking(1, 1).is_mass);
  EXPECT_TRUE(taking(4, 4).is_mass);
  EXPECT_FALSE(taking(4, 5).is_mass) << "under five";
  EXPECT_FALSE(taking(5, 25).is_mass) << "a fifth, not over it";
  EXPECT_TRUE(taking(5, 24).is_mass);
  EXPECT_TRUE(taking(6, 25).is_mass);
  EXPECT_FALSE(taking(0, 0).is_mass);
  EXPECT_THAT(taking(6, 25).sentence, HasSubstr("remove 6 of 25 workspaces: "));
  EXPECT_THAT(taking(5, 25).sentence, IsEmpty());
}

TEST(reload_rules, counts_by_id_what_was_added_meanwhile_does_not_help) {
  const configuration before = with_workspaces(10);
  configuration after = with_workspaces(5);
  for (int number = 0; number < 20; ++number) {
    after.workspaces.push_back({"z" + std::to_string(10 + number), 0});
  }
  EXPECT_EQ(compare_workspaces(before, after).removed, 5U);
  EXPECT_TRUE(compare_workspaces(before, after).is_mass);
}

TEST(reload_rules, say_in_words_which_workspaces_came_and_went) {
  const configuration before = with_workspaces(10);
  EXPECT_EQ(in_words(compare_workspaces(before, before)), "");
  configuration after = before;
  after.workspaces.push_back({"zed", 0});
  EXPECT_EQ(in_words(compare_workspaces(before, after)), "workspaces: 1 added");
  const auto gone = after.workspaces.front().id;
  after.workspaces.erase(after.workspaces.begin());
  EXPECT_EQ(in_words(compare_workspaces(before, after)),
            "workspaces: 1 added, 1 removed (" + gone + ")");
  after.workspaces.clear();
  EXPECT_THAT(in_words(compare_workspaces(before, after)), HasSubstr(" and 5 more)"));
}

TEST(effective_yaml, loads_again_to_the_same) {
  const config_folder folder;
  const loaded first = folder.load(
      "version: 1\npartner: {id: a$$b, secret_file: secret, rate_limit: 100/m, proxy: "
      "'http://p:1', tls: {server_name: x.y}}\npoll: {interval: 90s, jitter: 12.5%}\n"
      "workspaces: [{id: 'quo\"te\\', labels: {a.b: '12'}}, {id: '${HOME:-no}', required: false}]\n"
      "workspace_defaults: {sinks: [f, g, h], labels: {z: \"ü\"}}\n"
      "sinks:\n  f: {type: file, path: 'o/{workspace}', format: template, template: "
      "\"{token}\\t{{}}\\n\"}\n  g: {type: file, path: 'p/{workspace}', mode: '640', owner: '12', "
      "on_remove: delete}\n  h: {type: file, path: 'q/{label.z}', format: template, template: "
      "\"{workspace|json}: {token|json}\", group_by: label.z, header: \"{\\n\", separator: "
      "\",\\n\", "
      "footer: \"\\n}\\n\"}\naudit: {file: a.log}\nstate: {type: memory}\n"
      "webhook: {path: /hook$$, tls: {cert_file: secret, key_file: secret}}\n");
  ASSERT_TRUE(first.value) << config_folder::listed(first.errors);
  const std::string printed = effective_yaml(*first.value, 100);
  const loaded second = folder.load(printed);
  ASSERT_TRUE(second.value) << config_folder::listed(second.errors) << printed;
  EXPECT_EQ(effective_yaml(*second.value, 100), printed);
  EXPECT_EQ(second.value->partner.id, "a$b");
  ASSERT_TRUE(second.value->webhook);
  EXPECT_EQ(second.value->webhook->path, "/hook$");
  EXPECT_EQ(second.value->webhook->key_file, folder.path() / "secret");
  EXPECT_EQ(second.value->poll.jitter, 0.125);
  EXPECT_EQ(second.value->profiles.size(), first.value->profiles.size());
}

TEST(effective_yaml, names_the_files_of_secrets_and_shows_none) {
  const config_folder folder;
  const std::string printed = effective_yaml(*folder.load(least).value, 100);
  EXPECT_THAT(printed, HasSubstr((folder.path() / "secret").string()));
  EXPECT_THAT(printed, Not(HasSubstr("s3cret")));
}

/// A configuration with `${SECRET}` wherever somebody may write it by mistake.
constexpr const char* full_of_variables =
    "version: 1\npartner: {id: p, secret_file: secret}\n"
    "workspaces: [{id: '${SECRET}', labels: {a: '${SECRET}', b: '${SET:-y}', c: '${NONE:-def}'}}]\n"
    "sinks: {f: {type: file, path: '/o/{workspace}', format: template, template: '{token} "
    "${SECRET}',\n"
    "  on_change: {command: [/bin/true, '${SECRET}', '--auth=${SECRET}']}}}\n"
    "audit: {file: '${SECRET}.log'}\nadmin: {socket: '/run/${SECRET}'}\n";

TEST(effective_yaml, shows_the_variable_and_not_what_came_from_it) {
  config_folder folder;
  for (const std::string canary :
       {"tla_canary", "cana\"ry\\canary", "canary=cana$ry", "canary\u00fc"}) {
    folder.variables = {{"SECRET", canary}, {"SET", "x"}};
    const loaded first = folder.load(full_of_variables);
    ASSERT_TRUE(first.value) << config_folder::listed(first.errors);
    const std::string printed = effective_yaml(*first.value, 100, first.from_environment);
    EXPECT_THAT(printed, Not(HasSubstr("canary")));
    EXPECT_THAT(printed, HasSubstr(R"(["/bin/true", "${SECRET}", "--auth=${SECRET}"])"));
    EXPECT_THAT(printed, HasSubstr(R"(labels: {"a": "${SECRET}", "b": "${SET}", "c": "def"})"));
    const loaded second = folder.load(printed);
    ASSERT_TRUE(second.value) << config_folder::listed(second.errors) << printed;
    EXPECT_EQ(effective_yaml(*second.value, 100), effective_yaml(*first.value, 100));
  }
}

TEST(effective_yaml, shows_the_variable_where_a_path_was_made_of_its_value) {
  config_folder folder;
  folder.variables = {{"SECRET", "cana//ry/../canary"}};
  const loaded first = folder.load(std::string{least} + "audit: {file: '${SECRET}'}\n");
  ASSERT_TRUE(first.value) << config_folder::listed(first.errors);
  EXPECT_THAT(effective_yaml(*first.value, 100, first.from_environment),
              testing::AllOf(Not(HasSubstr("canary")), HasSubstr("/${SECRET}\"\n")));
}

TEST(effective_yaml, a_short_value_is_hidden_where_it_is_the_whole_text) {
  config_folder folder;
  folder.variables = {{"A", "w"}};
  const loaded first = folder.load(
      "version: 1\npartner: {id: '${A}', secret_file: secret}\nworkspaces: [{id: 'ww'}]\n"
      "sinks: {w: {type: file, path: '/o/{workspace}'}}\n");
  ASSERT_TRUE(first.value) << config_folder::listed(first.errors);
  const std::string printed = effective_yaml(*first.value, 100, first.from_environment);
  EXPECT_THAT(printed, HasSubstr("  id: \"${A}\"\n"));
  EXPECT_THAT(printed, HasSubstr("{id: \"ww\""));
  EXPECT_THAT(printed, HasSubstr("  \"w\":\n")) << "a key, which nothing completes";
  EXPECT_TRUE(folder.load(printed).value) << printed;
}

TEST(effective_yaml, abbreviates_many_workspaces) {
  configuration all = with_workspaces(100'000);
  all.sinks.push_back({.name = "f", .required = true, .removal = on_remove::keep, .kind = {}});
  const std::string printed = effective_yaml(all, 20);
  EXPECT_THAT(printed, HasSubstr("# and 99980 more"));
  EXPECT_LT(printed.size(), 10'000U);
}

}  // namespace
}  // namespace tokensyncd::config
