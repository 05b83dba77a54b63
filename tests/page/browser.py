"""A headless Chromium on the status page, and what its tests and pictures need from it.

Needs Debian's chromium, chromium-driver and python3-selenium.
"""

import contextlib
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 240  # seconds; what waits this long has failed


@contextlib.contextmanager
def chromium():
    """A browser that asks nobody but the pages that it is given."""
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    with tempfile.TemporaryDirectory(prefix="tokensyncd-chromium.") as profile:
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                     "--no-first-run", "--disable-background-networking", "--disable-sync",
                     "--disable-component-update", "--disable-dev-shm-usage", "--lang=en-GB",
                     f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        try:
            yield driver
        finally:
            driver.quit()


def until(driver, condition, what):
    """What `condition` returns once it is true."""
    return WebDriverWait(driver, PATIENCE, 0.1).until(lambda _: condition(), what)


def size(driver, width, height):
    """The page's own size in CSS pixels, as a screen of that size would give it."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1,
                            "mobile": width < 600})


def colours(driver, scheme):
    """`light` or `dark`, as the system of who looks would have it."""
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
