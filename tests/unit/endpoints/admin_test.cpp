#include "daemon/endpoints/admin.hpp"

#include <algorithm>
#include <regex>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/endpoints/endpoint_fixture.hpp"

namespace tokensyncd::endpoints {
namespace {

using testing::HasSubstr;
using testing::Not;
using header = std::pair<std::string, std::string>;

class the_admin_endpoint : public testing::Test, protected endpoint_world {
 protected:
  http::reply get(std::string_view path, std::string_view host = "127.0.0.1:9464") {
    return ask(admin_, "GET", path, host);
  }

  admin admin_{shown, admin_access{}};
};

TEST_F(the_admin_endpoint, says_that_it_lives) {
  EXPECT_EQ(get("/livez").status, 200U);
}

TEST_F(the_admin_endpoint, is_started_and_ready_when_the_fleet_is) {
  EXPECT_EQ(get("/startupz").status, 200U);
  EXPECT_EQ(get("/readyz").status, 200U);
  fleet.readiness_of[""] = {true, false, {{"acme", "files"}}, 1};
  EXPECT_EQ(get("/startupz").status, 200U);
  EXPECT_EQ(get("/readyz").status, 503U);
  fleet.readiness_of[""] = {false, false, {{"acme", "files"}}, 1};
  EXPECT_EQ(get("/startupz").status, 503U);
}

TEST_F(the_admin_endpoint, names_what_is_in_the_way_and_how_much_more_there_is) {
  fleet.readiness_of[""] = {true, false, {{"acme", "files"}, {"b\nad", "files"}}, 30};
  const http::reply answer = get("/readyz");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, "not ready: 30 out of sync\nacme/files\nb\\nad/files\nand 28 more\n");
}

TEST_F(the_admin_endpoint, is_not_ready_while_something_is_in_the_daemons_own_way) {
  fleet.readiness_of[""] = {true, true, {}, 0};
  pages hindered{fleet, metrics, time, {.ready_grace = {}, .obstacle = [] {
                                          return std::string("the state cannot be written");
                                        }}};
  admin endpoint{hindered, admin_access{}};
  const http::reply answer = ask(endpoint, "GET", "/readyz");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, "not ready: the state cannot be written\n");
  EXPECT_EQ(ask(endpoint, "GET", "/startupz").status, 200U);
  EXPECT_EQ(ask(endpoint, "GET", "/livez").status, 200U);
  http::reply status = ask(endpoint, "GET", "/status");
  EXPECT_EQ(boost::json::parse(body_of(status)).at("ready"), false);
}

TEST_F(the_admin_endpoint, says_of_one_workspace_whether_it_is_ready) {
  fleet.add("acme");
  fleet.add("late/one");
  fleet.readiness_of["late/one"] = {true, false, {{"late/one", "files"}}, 1};
  EXPECT_EQ(get("/readyz/acme").status, 200U);
  EXPECT_EQ(get("/readyz/late%2Fone").status, 503U);
  EXPECT_EQ(get("/readyz/unknown").status, 404U);
  EXPECT_EQ(get("/readyz/%zz").status, 404U);
  EXPECT_EQ(get("/readyz/").status, 404U);
}

TEST_F(the_admin_endpoint, streams_the_status) {
  fleet.add("acme");
  http::reply answer = get("/status");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "application/json");
  const auto parsed = boost::json::parse(body_of(answer));
  EXPECT_EQ(parsed.at("version"), "0.1.0");
  EXPECT_EQ(parsed.at("ready"), true);
  EXPECT_EQ(parsed.at("summary"), "all of it in sync");
  EXPECT_EQ(parsed.at("details"), boost::json::array{"but this"});
  EXPECT_EQ(parsed.at("host"), "host-1");
  EXPECT_EQ(parsed.at("workspaces").at(0).at("id"), "acme");
}

TEST_F(the_admin_endpoint, shows_the_status_to_no_name_that_it_does_not_know) {
  EXPECT_EQ(get("/status", "localhost:9464").status, 200U);
  EXPECT_EQ(get("/status", "evil.example").status, 421U);
  EXPECT_EQ(get("/status", "").status, 421U);
  EXPECT_EQ(get("/livez", "evil.example").status, 200U) << "probes come by any name";
}

TEST_F(the_admin_endpoint, shows_a_page_that_loads_nothing_from_elsewhere) {
  const http::reply page = get("/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  const std::string policy = header_of(page, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(std::ranges::count(page.headers, "Content-Security-Policy", &header::first), 1);
  // What it names is there, and each is of the type that `nosniff` holds a browser to.
  std::size_t named = 0;
  const std::regex reference("(?:href|src)=\"(page/[^\"]+)\"");
  for (std::sregex_iterator found(page.body.begin(), page.body.end(), reference), end; found != end;
       ++found) {
    const std::string name = "/" + (*found)[1].str();
    const http::reply part = get(name);
    EXPECT_EQ(part.status, 200U) << name;
    EXPECT_THAT(part.content_type, testing::AnyOf(HasSubstr("text/css"),
                                                  HasSubstr("text/javascript"), HasSubstr("svg")))
        << name;
    ++named;
  }
  EXPECT_EQ(named, 3U);
  EXPECT_EQ(get("/page/chart.js").content_type, "text/javascript; charset=utf-8");
}

TEST_F(the_admin_endpoint, shows_the_page_where_and_to_whom_it_shows_the_status) {
  for (const char* path : {"/", "/page/page.js"}) {
    EXPECT_EQ(get(path, "evil.example").status, 421U) << path;
    admin without{shown,
                  {.hosts = {"localhost"}, .metrics = true, .probes = true, .status = false}};
    EXPECT_EQ(ask(without, "GET", path).status, 404U) << path;
    EXPECT_EQ(ask(admin_, "POST", path).status, 405U) << path;
  }
}

TEST_F(the_admin_endpoint, gives_metrics_as_the_scraper_wants_them) {
  fleet.add("acme");
  http::reply plain = get("/metrics");
  EXPECT_EQ(plain.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(body_of(plain), HasSubstr("tokensyncd_sink_in_sync{workspace=\"acme\""));
  plain = {};

  http::server_request request;
  request.method = "GET";
  request.path = "/metrics";
  request.accept = "application/openmetrics-text; version=1.0.0";
  http::reply open = ask(admin_, request);
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(body_of(open).ends_with("# EOF\n"));
  EXPECT_EQ(header_of(open, "Vary"), "Accept");
}

TEST_F(the_admin_endpoint, frees_the_turn_at_metrics_when_its_answer_is_dropped) {
  {
    const http::reply never_read = get("/metrics");
  }
  EXPECT_EQ(get("/metrics").status, 200U);
}

TEST_F(the_admin_endpoint, can_be_told_anew_how_many_workspaces_have_metrics) {
  fleet.add("acme");
  shown.set_most_workspaces(0);
  http::reply answer = get("/metrics");
  EXPECT_EQ(body_of(answer).find("workspace=\""), std::string::npos);
}

TEST_F(the_admin_endpoint, only_shows) {
  fleet.add("acme");
  for (const char* path : {"/metrics", "/status", "/livez", "/readyz/acme"}) {
    const http::reply answer = ask(admin_, "POST", path);
    EXPECT_EQ(answer.status, 405U) << path;
    EXPECT_EQ(header_of(answer, "Allow"), "GET, HEAD");
  }
  for (const char* path : {"/-/reload", "/-/sync", "/-/sync/acme", "/-/plan"}) {
    EXPECT_EQ(ask(admin_, "POST", path).status, 404U) << path;
  }
}

TEST_F(the_admin_endpoint, answers_a_head_as_a_get_so_that_its_length_is_told_as_it_is) {
  fleet.add("acme");
  for (const char* path : {"/metrics", "/status", "/livez"}) {
    const http::reply answer = ask(admin_, "HEAD", path);
    EXPECT_EQ(answer.status, 200U) << path;
    EXPECT_TRUE(!answer.body.empty() || answer.stream) << path;
  }
}

TEST_F(the_admin_endpoint, hides_what_is_not_exposed) {
  admin quiet{shown, {.hosts = {}, .metrics = false, .probes = false, .status = false}};
  for (const char* path : {"/metrics", "/status", "/livez", "/startupz", "/readyz"}) {
    EXPECT_EQ(ask(quiet, "GET", path).status, 404U) << path;
  }
  admin probes{shown, {.hosts = {}, .metrics = false, .probes = true, .status = false}};
  EXPECT_EQ(ask(probes, "GET", "/livez").status, 200U);
}

TEST_F(the_admin_endpoint, has_nothing_elsewhere_and_says_so_in_json) {
  for (const char* path : {"/page", "/page/", "/page/../status", "/page/page.css/",
                           "/page/other.js", "/page/index.html", "/index.html", "/metrics/",
                           "/livez2", "//metrics", "/METRICS", "", "*", "/../status"}) {
    const http::reply answer = get(path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_TRUE(boost::json::parse(answer.body).at("error").is_string());
  }
}

TEST_F(the_admin_endpoint, has_its_answers_neither_cached_nor_framed_nor_guessed_at) {
  for (const char* path : {"/livez", "/status", "/nothing"}) {
    const http::reply answer = get(path);
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_THAT(header_of(answer, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  }
}

}  // namespace
}  // namespace tokensyncd::endpoints
