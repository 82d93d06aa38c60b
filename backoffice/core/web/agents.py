"""What a browser or program calls itself, in two words that people know: its name and its system."""

import re

# Most of them name others whom they are like; whoever names nobody else comes last.
BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/")),
    ("curl", re.compile(r"^curl/(\d+)")),
)
SYSTEMS = (
    ("iOS", re.compile(r"iPhone|iPad|iPod")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("macOS", re.compile(r"Macintosh|Mac OS X")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Linux", re.compile(r"Linux|X11")),
)


def named(agent: str) -> str:
    """Return "Firefox 128 · Linux" for what a browser says of itself; what nobody knows is told as it came."""
    browser = next((f"{name} {found[1]}" for name, shape in BROWSERS if (found := shape.search(agent))), None)
    if browser is None:
        return agent
    system = next((name for name, shape in SYSTEMS if shape.search(agent)), None)
    return f"{browser} · {system}" if system else browser
