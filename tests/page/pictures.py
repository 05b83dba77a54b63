#!/usr/bin/env python3
"""Takes the pictures of the status page that are in the docs.

Usage: pictures.py DIRECTORY, with TOKENSYNCD_BUILD naming the build tree.
"""

import pathlib
import sys

from selenium.webdriver.common.by import By

import browser
from world import wait_for, world

NAMES = [f"{customer}-{team}" for customer in ("aurora", "bakery", "cobalt", "delta", "ember")
         for team in ("sales", "support")]


def rotate(here, name, rotations):
    here.sandbox.rotate(name)
    here.sync(name)
    wait_for(lambda: any(each["id"] == name and len(each["rotations"]) == rotations
                             and each["rotations"][0]["sinks"].get("files", {}).get("hook_done_at")
                             for each in here.status()["workspaces"]), 30, f"a rotation of {name}")


def shoot(driver, file):
    driver.save_screenshot(str(file))
    print(f"{file}: {file.stat().st_size:,} bytes")


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    with world(ids=NAMES, unknown=["former-customer"], archived=["cobalt-sales", "delta-support"]) as here, \
            browser.chromium() as driver:
        wait_for(lambda: "2 of 11 workspaces not delivered" in here.status()["summary"], 60, "a fleet")
        for count, name in enumerate(["cobalt-sales", "cobalt-sales"], 1):
            rotate(here, name, count)
        rotate(here, "ember-support", 1)
        for name, scheme, width, height in (("status-page", "light", 1180, 800),
                                            ("status-page-dark", "dark", 1180, 800),
                                            ("status-page-phone", "light", 390, 800)):
            browser.size(driver, width, height)
            browser.colours(driver, scheme)
            driver.get("about:blank")
            driver.get(here.url)
            browser.until(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "tbody"), "rows")
            driver.find_element(By.XPATH, "//button[text()='cobalt-sales']").click()
            shoot(driver, directory / f"{name}.png")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
