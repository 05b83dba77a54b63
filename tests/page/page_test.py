#!/usr/bin/env python3
"""The status page in a real browser, on the real daemon with 10,000 workspaces.

Usage: page_test.py, with TOKENSYNCD_BUILD naming the build tree.
"""

import re
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import browser
from world import wait_for, world

COUNT = 10_000
BEHIND = "ws-4711"  # its second sink can't be written to
HOSTILE = "<img src=x onerror=\"document.title='owned'\">&amp;"  # not known to the API: gone
SUMMARY = "1 of 10,001 workspaces not delivered: archive (place missing); 1 gone"
CONTRASTS = """
const channel = (value) => { value /= 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const colour = numbers(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
for (const node of document.querySelectorAll("body *")) {
  const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
  if (!own || !node.checkVisibility()) continue;
  const [a, b] = [luminance(numbers(getComputedStyle(node).color)), luminance(ground(node))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) poor.push(`${node.className || node.tagName}: ${contrast.toFixed(2)}`);
}
return [...new Set(poor)];
"""


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(world(count=COUNT, unknown=[HOSTILE], archived=[BEHIND]))
        cls.driver = cls.enterClassContext(browser.chromium())

    def setUp(self):
        wait_for(lambda: self.world.status()["summary"] == SUMMARY, 120, "10,000 in sync")
        browser.size(self.driver, 1280, 900)
        browser.colours(self.driver, "light")
        self.open("")

    def open(self, address):
        self.driver.get("about:blank")
        self.driver.get(self.world.url + address)
        self.until(lambda: self.text("count-all") == f"{COUNT + 1:,}", "the first answer")

    def until(self, condition, what):
        return browser.until(self.driver, condition, what)

    def text(self, name):
        return self.driver.find_element(By.ID, name).text

    def names(self):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('tbody th button')].map((each) => each.textContent)")

    def focused(self):
        return self.driver.switch_to.active_element

    def press(self, *keys):
        for key in keys:
            self.focused().send_keys(key)

    def search(self, words):
        self.press("/")
        self.press(words)

    def test_shows_what_is_out_of_sync_first_and_says_why(self):
        self.assertEqual(self.text("summary"), SUMMARY)
        details = self.text("details").splitlines()
        self.assertRegex(details[0], "^sink archive: 1 workspace not delivered: .*does not exist")
        self.assertRegex(details[1], r"^no token from the API: 1 workspace \(.+\) gone$")
        self.assertEqual(self.names()[:2], [BEHIND, HOSTILE])
        row = self.driver.find_element(By.CSS_SELECTOR, "tbody").text
        self.assertIn("archive: out of sync", row)
        self.assertNotIn("ok", row.split(), "nothing about it is well")
        self.assertIn("directory", row)
        self.assertRegex(row, r"since .* \((?:now|\d.* ago)\)")
        self.assertEqual(self.driver.title, "(2) tokensyncd")

    def test_takes_no_markup_from_what_it_shows(self):
        self.assertIn(HOSTILE, self.names())
        self.assertEqual(self.driver.find_elements(By.CSS_SELECTOR, "main img"), [])
        self.assertNotIn("owned", self.driver.title)

    def test_shows_a_hundred_of_ten_thousand_and_more_when_asked_to(self):
        self.assertEqual(len(self.names()), 100)
        self.assertIn("100 of 10,001", self.text("rest-count"))
        self.driver.find_element(By.ID, "more").click()
        names = self.names()
        self.assertEqual(len(names), 200)
        self.assertEqual(self.focused().text, names[100], "who reads on by keyboard reads on there")

    def test_finds_one_by_its_name_or_by_its_trouble(self):
        self.search("ws-9876")
        self.assertEqual(self.names(), ["ws-9876"])
        self.press(Keys.ESCAPE)
        self.assertEqual(len(self.names()), 100)
        self.search("archive DIRECTORY")
        self.assertEqual(self.names(), [BEHIND], "all words, whatever their case")
        self.open("#search=ws-123&show=trouble")
        self.assertEqual(self.names(), [])
        self.assertEqual(self.text("none"), "None of them.")
        self.open("#search=ws-99")
        self.assertEqual(len(self.names()), 100)
        self.assertEqual(self.names()[0], "ws-99")

    def test_is_used_by_keyboard_alone(self):
        self.search("ws-500")
        self.press(Keys.ARROW_DOWN)
        self.assertEqual(self.focused().text, "ws-500")
        self.assertEqual(self.focused().get_attribute("aria-expanded"), "false")
        self.press(Keys.ENTER)
        self.assertEqual(self.focused().get_attribute("aria-expanded"), "true")
        self.assertIn("None has been seen.", self.driver.find_element(By.TAG_NAME, "tbody").text)
        self.press(Keys.ARROW_DOWN)
        self.assertEqual(self.focused().text, "ws-5000")
        self.press(Keys.ARROW_UP, Keys.ARROW_UP)
        self.assertEqual(self.focused().get_attribute("id"), "search")

    def test_draws_a_rotation_step_by_step_and_keeps_the_place_while_it_comes(self):
        self.search(BEHIND)
        self.press(Keys.ARROW_DOWN)
        self.press(Keys.ENTER)
        self.world.sandbox.rotate(BEHIND)
        self.world.sync(BEHIND)
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "figure .bar.hook"),
                   "a rotation with its hook")
        self.assertEqual(self.focused().text, BEHIND, "a refresh takes no focus away")
        # At once, as another answer may replace the chart between two looks.
        lanes, edges = self.driver.execute_script("""
            const figure = document.querySelector("figure");
            const track = figure.querySelector(".track").getBoundingClientRect();
            return [[...figure.querySelectorAll(".lane")].map((lane) =>
                      [lane.querySelector(".name").textContent, lane.querySelector(".steps").textContent]),
                    [...figure.querySelectorAll(".bar")].map((bar) => {
              const {left, right} = bar.getBoundingClientRect();
              return [bar.className, left - track.left, track.right - right]; })];""")
        self.assertEqual([name for name, _ in lanes], ["API", "files", "archive"])
        time = r"\d[\d.]* (?:ms|s)"
        self.assertRegex(lanes[0][1], f"^waiting {time}, asking the API {time}, storing {time}: \\+{time}$")
        self.assertRegex(lanes[1][1], f"^delivering {time}, hook {time}: \\+{time}$")
        self.assertEqual(lanes[2][1], "not there yet")
        # What is drawn is what the daemon told, in its order and within its track.
        self.assertEqual([name for name, *_ in edges],
                         ["bar waited", "bar asked", "bar stored", "bar delivered", "bar hook"])
        starts = [left for _, left, _ in edges]
        self.assertEqual(starts, sorted(starts))
        self.assertGreater(starts[-1], starts[0] + 2, "the hook was not at the beginning")
        self.assertTrue(all(left > -3 and right > -3 for _, left, right in edges), edges)
        self.assertLess(abs(edges[-1][2]), 3, "the last step ends the chart")

    def test_lists_what_was_rotated_the_newest_first(self):
        for name in ("ws-30", "ws-20"):
            self.world.sandbox.rotate(name)
            self.world.sync(name)
            wait_for(lambda: self.rotations_of(name) > 0, 60, f"the rotation of {name}")
        self.open("#show=rotated")
        self.assertEqual(self.names()[:2], ["ws-20", "ws-30"])
        self.assertNotIn("ws-40", self.names())

    def rotations_of(self, name):
        return next(len(each["rotations"]) for each in self.world.status()["workspaces"]
                    if each["id"] == name)

    def test_loads_and_runs_nothing_but_its_own(self):
        self.until(lambda: len(self.loaded("fetch")) > 1, "a second answer")
        self.assertGreaterEqual(len(self.loaded("script")), 4)
        others = [each for each in self.loaded() if not each.startswith(self.world.url)]
        self.assertEqual(others, [])
        broken = self.driver.execute_script("""
            try { document.querySelector("main").innerHTML = "<b>"; return false; }
            catch (refused) { return true; }""")
        self.assertTrue(broken, "the policy lets no text become markup")
        said = [each for each in self.driver.get_log("browser") if "TrustedHTML" not in each["message"]]
        self.assertEqual(said, [], "the browser has nothing to complain about")

    def loaded(self, kind=None):
        return self.driver.execute_script("""
            return performance.getEntriesByType("resource")
              .filter((each) => !arguments[0] || each.initiatorType === arguments[0])
              .map((each) => each.name)""", kind)

    def test_is_readable_on_a_phone(self):
        browser.size(self.driver, 360, 740)
        self.search(BEHIND)
        self.press(Keys.ARROW_DOWN)
        self.press(Keys.ENTER)
        self.assertTrue(self.driver.find_element(By.CLASS_NAME, "facts").is_displayed())
        width = self.driver.execute_script("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360, "nothing is read by scrolling sideways")
        # Every line of text lies within the screen.
        outside = self.driver.execute_script("""
            return [...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()
              && each.getBoundingClientRect().right > 361).map((each) => each.outerHTML)""")
        self.assertEqual(outside, [])

    def test_can_be_read_in_light_and_in_dark(self):
        self.search(BEHIND)
        self.press(Keys.ARROW_DOWN)
        self.press(Keys.ENTER)
        grounds = set()
        for scheme in ("light", "dark"):
            browser.colours(self.driver, scheme)
            self.assertEqual(self.driver.execute_script(CONTRASTS), [], f"in {scheme}: WCAG 2.2, 1.4.3")
            grounds.add(self.driver.execute_script(
                "return getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(grounds), 2)

    def test_stands_still_when_told_to(self):
        pause = self.driver.find_element(By.ID, "pause")
        pause.click()
        self.assertEqual(pause.get_attribute("aria-pressed"), "true")
        # An answer may have been under way; the age of what is shown tells that none is any more.
        def age():
            return int((re.fullmatch(r"Paused, as of (\d+) s ago\.", self.text("age")) or [0, 0])[1])
        self.until(lambda: age() >= 2, "two seconds")
        asked = len(self.loaded("fetch"))
        self.until(lambda: age() >= 8, "eight seconds, in which it would have asked")
        self.assertEqual(len(self.loaded("fetch")), asked)
        pause.click()
        self.until(lambda: len(self.loaded("fetch")) > asked, "another answer")

    def test_says_that_the_daemon_is_gone_and_when_it_is_back(self):
        outage = self.driver.find_element(By.ID, "outage")
        self.assertFalse(outage.is_displayed())
        self.world.stop()
        self.until(outage.is_displayed, "a word about it")
        self.assertIn("doesn't answer", outage.text)
        self.assertEqual(len(self.names()), 100, "what was known is still there")
        self.world.start()
        self.until(lambda: not outage.is_displayed(), "its return")


class SharedTrouble(unittest.TestCase):
    """A fleet in which two workspaces have the same trouble, and so isn't ready."""

    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(world(count=4, archived=["ws-2", "ws-3"]))
        cls.driver = cls.enterClassContext(browser.chromium())
        wait_for(lambda: "not delivered: archive" in cls.world.status()["summary"], 60, "the trouble")

    def setUp(self):
        self.driver.get("about:blank")
        self.driver.get(self.world.url)
        browser.until(self.driver, self.groups, "the groups")

    def groups(self):
        return self.driver.find_elements(By.CSS_SELECTOR, "#groups-list button")

    def names(self):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('tbody th button')].map((each) => each.textContent)")

    def test_is_one_group_and_one_click_away(self):
        self.assertRegex(self.groups()[0].text, "^2 workspaces · archive: .*does not exist")
        self.assertEqual(len(self.names()), 4)
        self.groups()[0].click()
        self.assertEqual(self.names(), ["ws-2", "ws-3"])
        self.assertIn("show=trouble", self.driver.current_url, "it can be sent to somebody")

    def test_is_not_ready_and_says_so_at_the_top(self):
        badge = self.driver.find_element(By.ID, "unready")
        self.assertTrue(badge.is_displayed())
        self.assertEqual(badge.text, "Not ready")
        self.assertLess(badge.location["y"], 100)

    def test_names_its_machine_and_its_times_zone(self):
        self.assertEqual(self.driver.find_element(By.ID, "host").text, self.world.status()["host"])
        self.assertRegex(self.driver.find_element(By.CSS_SELECTOR, ".since").text, r"since .*\b(UTC|GMT)")

    def test_has_a_headline_of_three_lines_at_most_on_a_phone(self):
        browser.size(self.driver, 360, 740)
        lines = self.driver.execute_script("""
            const summary = document.getElementById("summary");
            return summary.getBoundingClientRect().height / parseFloat(getComputedStyle(summary).lineHeight);""")
        self.assertLessEqual(lines, 3.1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
