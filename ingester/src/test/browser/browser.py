"""A headless Chromium with the words that the tests speak."""

from __future__ import annotations

import base64
import os
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


class Browser:
    """Use as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> Browser:
        options = webdriver.ChromeOptions()
        options.binary_location = os.environ["JOBLEDGER_CHROMIUM"]
        # Containers offer no sandbox, and little shared memory. All that is ever shown is the ingester's own.
        for argument in (
            "headless=new",
            "no-sandbox",
            "disable-gpu",
            "disable-dev-shm-usage",
            "hide-scrollbars",
            "no-first-run",
            "disable-extensions",
            "disable-background-networking",
            "lang=en-US",
        ):
            options.add_argument("--" + argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        libraries = os.environ.get("JOBLEDGER_CHROMIUM_LIBRARIES")
        environment = dict(os.environ, **({"LD_LIBRARY_PATH": libraries} if libraries else {}))
        self.driver = webdriver.Chrome(
            options=options, service=Service(os.environ["JOBLEDGER_CHROMEDRIVER"], env=environment)
        )
        self.driver.set_page_load_timeout(60)
        return self

    def __exit__(self, *_failure) -> None:
        self.driver.quit()

    def reset(self) -> None:
        """Back to a wide, light page with scripts."""
        self.look()
        self.scripts(True)
        self.driver.get("about:blank")
        self.complaints()

    def look(self, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Set the size and the colours that the reader prefers."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )

    def scripts(self, on: bool) -> None:
        """Let pages run scripts, or not."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def open(self, path: str) -> Browser:
        """Open a page of the ingester."""
        self.driver.get(self.url + path)
        return self

    @property
    def path(self) -> str:
        """The path and query of the address."""
        return self.driver.current_url[len(self.url) :]

    def all(self, selector: str) -> list:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str):
        found = self.all(selector)
        assert len(found) == 1, "%d of %s on %s" % (len(found), selector, self.path)
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """The texts of all that match, as they are shown."""
        return [element.text for element in self.all(selector)]

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key, key))

    def until(self, condition, seconds: float = 60):
        """Wait until `condition()` is true and return what it returned; fail after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, "waited %s seconds in vain on %s" % (seconds, self.path)
            time.sleep(0.1)  # between two looks at the condition

    def complaints(self) -> list[str]:
        """What the console has said since the last look: errors of scripts, of the policy, of what could not be
        loaded.
        """
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, most: int = 1600) -> bytes:
        """A PNG of the page from its top, at most so high."""
        width, height = self.run("return [innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most), "scale": 1}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
        )
        return base64.b64decode(shot["data"])
