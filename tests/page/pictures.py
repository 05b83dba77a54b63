#!/usr/bin/env python3
"""Takes the pictures of the status page that are in the docs: its states, and a rotation.

Usage: pictures.py DIRECTORY, with TOKENSYNCD_BUILD naming the build tree.
"""

import pathlib
import sys

from PIL import Image
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


def well(here):
    (here.archive).mkdir(exist_ok=True)
    here.sync("cobalt-sales")
    here.sync("delta-support")
    wait_for(lambda: here.status()["summary"] == "10 workspaces in sync" and not any(
        sink["hook_pending"] for each in here.status()["workspaces"] for sink in each["sinks"].values()),
             60, "all is well")


def undelivered(here):
    wait_for(lambda: "2 of 10 workspaces not delivered" in here.status()["summary"], 60, "a missing place")


def hooks_fail(here):
    well(here)
    here.hook_fails.touch()
    for name in NAMES[:6]:
        here.sandbox.rotate(name)
        here.sync(name)
    wait_for(lambda: "hook of files fails: 6 workspaces" in here.status()["summary"], 60, "a failing hook")


def refused(here):
    well(here)
    here.sandbox.say("PATCH", "settings", refuse_with="invalid_signature")
    for name in NAMES:
        here.sync(name)
    wait_for(lambda: "API refuses" in here.status()["summary"], 60, "a refusal")


# The last one: and then the daemon is stopped.
STATES = {"well": well, "undelivered": undelivered, "hook": hooks_fail, "refused": refused, "gone": undelivered}


def shoot_states(directory, driver):
    """The page in five states, wide and on a phone, side by side."""
    for name, width, height, across in (("status-page-states", 1280, 460, 1),
                                        ("status-page-states-phone", 360, 740, 5)):
        shots = []
        for state, reach in STATES.items():
            with world(ids=NAMES, archived=["cobalt-sales", "delta-support"]) as here:
                reach(here)
                browser.size(driver, width, height)
                browser.colours(driver, "light")
                driver.get("about:blank")
                driver.get(here.url)
                browser.until(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "tbody"), "rows")
                if state == "gone":
                    here.stop()
                    outage = driver.find_element(By.ID, "outage")
                    browser.until(driver, outage.is_displayed, "a word about it")
                file = directory / f"{name}-{state}.png"
                driver.save_screenshot(str(file))
                shots.append(Image.open(file).convert("RGB"))
                file.unlink()
        down = -(-len(shots) // across)
        whole = Image.new("RGB", (across * (width + 8) - 8, down * (height + 8) - 8), "#888")
        for i, each in enumerate(shots):
            whole.paste(each, (i % across * (width + 8), i // across * (height + 8)))
        file = directory / f"{name}.png"
        whole.quantize(64).save(file, optimize=True)
        print(f"{file}: {file.stat().st_size:,} bytes")


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    with browser.chromium() as driver:
        shoot_states(directory, driver)
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
