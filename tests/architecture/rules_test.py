#!/usr/bin/env python3
"""Shows of each rule that it can fail, and that it doesn't fail for what is right."""

import pathlib
import tempfile
import unittest

import records
import rules


class Tree(unittest.TestCase):
    """A small tree in a temporary folder, which only needs what the rule looks at."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def put(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def refuses(self, rule, words):
        self.assertIn(words, rules.first(rule(self.root)) or "nothing refused")

    def allows(self, rule):
        self.assertEqual(list(rule(self.root)), [])


class Includes(Tree):
    def put_including(self, name, line):
        for header in ("daemon/http/client/client.hpp", "daemon/model/secret.hpp", "config/values.hpp",
                       "config/loader.hpp", "daemon/sinks/file.hpp"):
            self.put(header)
        self.put(name, line)

    def test_refuses_a_layer_that_knows_a_higher_one(self):
        self.put_including("daemon/model/a.cpp", '#include "daemon/http/client/client.hpp"')
        self.refuses(rules.includes, "daemon/model may not know daemon/http/client/client.hpp")

    def test_refuses_sync_that_knows_the_loader(self):
        self.put_including("daemon/sync/a.cpp", '#include "config/loader.hpp"')
        self.refuses(rules.includes, "daemon/sync may not know config/loader.hpp")

    def test_refuses_sinks_in_source(self):
        self.put_including("daemon/source/a.cpp", '#include "daemon/sinks/file.hpp"')
        self.refuses(rules.includes, "daemon/source may not know")

    def test_refuses_beast_outside_http(self):
        self.put_including("daemon/source/a.cpp", "#include <boost/beast/http.hpp>")
        self.refuses(rules.includes, "is for daemon/http/")

    def test_refuses_ssl_outside_http(self):
        self.put_including("daemon/application/application.cpp", "#include <boost/asio/ssl/context.hpp>")
        self.refuses(rules.includes, "is for daemon/http/")

    def test_refuses_asio_in_the_model(self):
        self.put_including("daemon/model/a.hpp", "#include <boost/asio/awaitable.hpp>")
        self.refuses(rules.includes, "is for daemon/runtime/")

    def test_refuses_a_path_that_does_not_begin_at_the_root(self):
        self.put_including("daemon/http/a.cpp", '#include "client.hpp"')
        self.refuses(rules.includes, "isn't a path from the project's root")

    def test_allows_the_application_what_it_refuses_the_model(self):
        self.put_including("daemon/application/application.cpp", "#include <boost/asio/awaitable.hpp>")
        self.allows(rules.includes)

    def test_allows_what_the_table_allows(self):
        self.put_including("daemon/http/a.cpp", '#include <boost/beast/http.hpp>\n'
                           '#include "daemon/http/client/client.hpp"\n#include "daemon/model/secret.hpp"')
        self.put("daemon/sync/b.cpp", '#include "config/values.hpp"\n#include <vector>')
        self.allows(rules.includes)


class Awaits(Tree):
    def test_refuses_a_braced_temporary(self):
        self.put("a.cpp", "co_await f(order{a,\n b});")
        self.refuses(rules.awaits, "a.cpp:1: a brace or a lambda")

    def test_refuses_a_braced_argument(self):
        self.put("a.cpp", "auto r = co_await f(g(1), {.x = 1});")
        self.refuses(rules.awaits, "a brace or a lambda")

    def test_refuses_a_lambda(self):
        self.put("a.cpp", "co_await f([x] { return x; });")
        self.refuses(rules.awaits, "a brace or a lambda")

    def test_refuses_a_condition_with_a_brace(self):
        self.put("a.cpp", "if (co_await f(point{})) {}")
        self.refuses(rules.awaits, "a brace or a lambda")

    def test_allows_blocks_comments_and_literals(self):
        self.put("a.cpp", 'if (ready) co_await f(a[i], "{");\n'
                 "// co_await f({1});\nwhile (busy(x)) co_await h(std::move(x)); {}")
        self.allows(rules.awaits)

    def test_refuses_a_condition(self):
        for text in ("if (!co_await f()) return;", "while (x && y(co_await g())) {}",
                     "sent = end == 0 || co_await f();", "go = ready && !co_await f();"):
            self.put("a.cpp", text)
            self.refuses(rules.awaits, "a co_await in a condition")


class RecordWriters(Tree):
    def test_refuses_a_second_writer(self):
        for text in ("r.due = now;", "r.check.why = trigger::poll;", "r->wanted.token = next;",
                     "++r.entry.epoch;", "r.times = {};",
                     "if (std::exchange(record.state, gone) != gone) {}",
                     "fleet_.book.at(what.who.slot).token.pending = pending_rotation::none;",
                     "record& known = find(); known.token.seen = true;",
                     "auto* one = fleet_.book.get(who); one->check.dirty |= true;"):
            self.put("daemon/sync/delivery/a.cpp", text)
            self.refuses(records.record_writers, "has another writer")

    def test_refuses_a_restore_of_what_is_not_restored(self):
        self.put("daemon/sync/fleet/fleet.cpp", "r.check.dirty = false;")
        self.refuses(records.record_writers, "record::check has another writer")

    def test_refuses_the_engine_as_a_writer(self):
        self.put("daemon/sync/engine_reload.cpp", "r.due = now;")
        self.refuses(records.record_writers, "record::due has another writer")

    def test_allows_reading_and_fields_of_others(self):
        self.put("daemon/sync/delivery/a.cpp", "if (r.check.why == trigger::poll) event.why = r.check.why;\n"
                 "// r.check.why = x;\nrow.state = r.state; other.r.state = 1; const bool is = r.due <= now;")
        self.allows(records.record_writers)

    def test_allows_the_writer_and_a_restore(self):
        self.put("daemon/sync/dispatch/dispatcher.cpp", "r.check.at = stage::ready;")
        self.put("daemon/sync/fleet/ledger.cpp", "records_[slot].entry.epoch = epoch;")
        self.put("daemon/sync/fleet/fleet.cpp", "r.wanted = row.wanted;")
        self.allows(records.record_writers)


class RecordReferences(Tree):
    def put_function(self, body, parameters="handle who"):
        self.put("daemon/sync/a.cpp", f"task<> f({parameters}) {{\n{body}\n}}\n")

    def test_refuses_a_use_after_a_wait(self):
        for body in ("record& r = book.at(1);\nco_await g(r.id);\nr.seen = true;",
                     "const record* r = book.get(who);\nif (x) { co_await g(); }\nuse(r->id);",
                     "presence& p = all.presence_of(r, k);\nco_await g();\np.drifted = true;",
                     "auto& r = fleet_.book.at(1);\nco_await g();\nuse(r);",
                     "record& r = book.at(1);\ntry { co_await g(); } catch (...) {}\nuse(r);",
                     "record& r = book.at(1);\nco_await g();\nr = book.at(2);"):
            self.put_function(body)
            self.refuses(records.record_references, "was obtained before a co_await")

    def test_refuses_a_parameter_and_the_next_round_of_a_loop(self):
        self.put_function("co_await g();\nuse(r);", "record& r")
        self.refuses(records.record_references, "a.cpp:3: r was obtained")
        self.put_function("record& r = book.at(1);\nwhile (go(x)) {\nuse(r);\nco_await g();\n}")
        self.refuses(records.record_references, "a.cpp:4: r was obtained")

    def test_allows_what_is_looked_up_again(self):
        for body in ("record* r = book.get(who);\nco_await g();\nr = book.get(who);\nuse(r);",
                     "record* r = book.get(who);\nco_await g();\n"
                     "while ((r = book.get(who)) != nullptr) { use(r); co_await g(); }",
                     "{ record& r = book.at(1); use(r); }\nco_await g();\n"
                     "record& r = book.at(1);\nuse(r);"):
            self.put_function(body)
            self.allows(records.record_references)

    def test_allows_ways_that_do_not_lead_past_the_wait(self):
        for body in ("if (x) {\nco_await g();\nco_return;\n}\nuse(r);",
                     "if (x) {\nco_await g();\n} else {\nuse(r);\n}",
                     "if (x) co_return co_await g();\nuse(r);",
                     "auto later = [this]() -> task<> { co_await g(); };\nuse(r);",
                     "co_await asio::this_coro::executor;\nuse(r);",
                     "co_await g(r.id, other.r);\nuse(other.r, said->r);"):
            self.put_function("record& r = book.at(1);\n" + body)
            self.allows(records.record_references)

    def test_allows_a_use_that_says_why_it_is_valid(self):
        self.put_function("record& r = book.at(1);\nco_await g();\nuse(r);  // valid: no reload here")
        self.allows(records.record_references)
        self.put_function("record& r = book.at(1);\nco_await g();\nuse(r);  // valid:")
        self.refuses(records.record_references, "was obtained before a co_await")


class Leftovers(Tree):
    def test_refuses_open_ends(self):
        self.put("a.cpp", "int x;  // TO" "DO: more")
        self.refuses(rules.leftovers, "a.cpp:1: an open end")

    def test_refuses_paths_outside_the_project(self):
        self.put("docs/a.md", "see ../share" "d/product.md")
        self.refuses(rules.leftovers, "docs/a.md:1")

    def test_allows_the_word(self):
        self.put("a.cpp", "std::shared_ptr<int> shared;")
        self.allows(rules.leftovers)


class Length(Tree):
    def test_refuses_a_long_file(self):
        self.put("a.cpp", "\n" * 401)
        self.refuses(rules.length, "over 400 lines")

    def test_allows_400_lines_and_notes_them(self):
        self.put("a.cpp", "\n" * 400)
        self.allows(rules.length)
        self.assertEqual(len(list(rules.worth_a_look(self.root))), 1)


class Documents(Tree):
    def test_refuses_a_link_to_nowhere(self):
        self.put("docs/a.md", "[b](b.md)")
        self.refuses(rules.links, "b.md isn't there")

    def test_allows_links_to_files_sites_and_anchors(self):
        self.put("docs/b.md")
        self.put("docs/a.md", "[b](b.md#x) [c](https://example.com) [d](#d)\n```\n[e](e.md)\n```\n")
        self.allows(rules.links)

    def test_refuses_a_tree_that_forgets_a_folder(self):
        self.put("README.md", "```tree\nconfig/  x\n```\n")
        self.put("config/a.hpp")
        self.put("daemon/sync/a.hpp")
        self.refuses(rules.readme_tree, "doesn't name daemon/")

    def test_refuses_a_tree_that_names_what_is_gone(self):
        self.put("README.md", "```tree\ndaemon/  x\n  sync/  y\n  old/  z\n```\n")
        self.put("daemon/sync/a.hpp")
        self.refuses(rules.readme_tree, "names daemon/old/, which isn't there")

    def test_refuses_a_readme_without_a_tree(self):
        self.put("README.md", "nothing")
        self.refuses(rules.readme_tree, "no ```tree block")

    def test_allows_a_tree_that_matches(self):
        self.put("README.md", "```tree\ndaemon/  x\n  sync/  y\nREADME.md  z\n```\n")
        self.put("daemon/sync/a.hpp")
        self.allows(rules.readme_tree)


class Tests(Tree):
    def test_refuses_a_file_without_tests(self):
        self.put("tests/CMakeLists.txt", "SOURCES a_test.cpp")
        self.put("tests/a_test.cpp", "// TEST(a, b)")
        self.refuses(rules.test_files, "no test in it")

    def test_refuses_a_file_that_is_not_built(self):
        self.put("tests/CMakeLists.txt", "SOURCES other_a_test.cpp")
        self.put("tests/a_test.cpp", "TEST(a, b) {}")
        self.refuses(rules.test_files, "no CMakeLists.txt beside or above it builds it")

    def test_finds_a_file_in_the_list_of_a_folder_above(self):
        self.put("tests/CMakeLists.txt", "SOURCES unit/a_test.cpp")
        self.put("tests/unit/a_test.cpp", "TEST(a, b) {}")
        self.assertIsNone(rules.first(rules.test_files(self.root)))

    def test_refuses_a_test_that_is_switched_off(self):
        self.put("tests/CMakeLists.txt", "SOURCES a_test.cpp")
        self.put("tests/a_test.cpp", "TEST(a, DISABLED_b) {}")
        self.refuses(rules.test_files, "switched off")

    def test_refuses_a_guarantee_that_no_test_attacks(self):
        self.put("docs/guarantees.md", "# G\n\n## 1 Safe\nVery.\n")
        self.refuses(rules.guarantees, "no test attacks")

    def test_takes_a_guarantee_that_names_a_test_of_python_and_only_one_that_is_there(self):
        self.put("tests/host/service_test.py", "class A:\n    def test_stops(self):\n        pass\n")
        self.put("docs/guarantees.md", "# G\n\n## 1 Safe\n`service_test.stops`\n")
        self.allows(rules.guarantees)
        self.put("docs/guarantees.md", "# G\n\n## 1 Safe\n`service_test.starts`\n")
        self.refuses(rules.guarantees, "there is no test service_test.starts")

    def test_refuses_a_guarantee_that_names_a_test_of_the_past(self):
        self.put("docs/guarantees.md", "# G\n\n## 1 Safe\n`a.gone`\n")
        self.put("tests/a_test.cpp", "TEST(a, b) {}")
        self.refuses(rules.guarantees, "there is no test a.gone")

    def test_allows_tests_that_are_there(self):
        self.put("docs/guarantees.md", "# G\n\n## 1 Safe\n`a.b`\n")
        self.put("tests/CMakeLists.txt", "SOURCES a_test.cpp")
        self.put("tests/a_test.cpp", "TEST_F(a, b) {}")
        self.allows(rules.guarantees)
        self.allows(rules.test_files)


class Ctest(Tree):
    def test_refuses_a_program_that_is_not_built(self):
        self.put("CTestTestfile.cmake", "add_test(unit_a_NOT_BUILT unit_a_NOT_BUILT)\n")
        self.refuses(rules.ctest, "has no program")

    def test_refuses_a_build_without_tests(self):
        self.put("CTestTestfile.cmake", "")
        self.refuses(rules.ctest, "knows no test")


if __name__ == "__main__":
    unittest.main()
