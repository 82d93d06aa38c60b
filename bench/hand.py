"""A hand that works on pages: what it clicks, the keys it presses and the pages it waits for are counted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """What a job took."""

    clicks: int
    keys: int
    pages: int

    @property
    def touches(self):
        """All clicks and keys."""
        return self.clicks + self.keys


class Hand:
    """Clicks and types on one page of a browser; it knows where the job is to be done (`about`)."""

    def __init__(self, page, about):
        self.page, self.about = page, about
        self.clicks = self.keys = self.pages = 0
        self.listening = lambda _page: setattr(self, "pages", self.pages + 1)
        page.on("load", self.listening)

    def rest(self):
        """Count no longer, and return what was counted."""
        self.page.wait_for_load_state()
        self.page.wait_for_timeout(1000)
        self.page.remove_listener("load", self.listening)
        return Effort(self.clicks, self.keys, self.pages)

    def see(self, role, name="", *, exact=False, at=0):
        """Return what stands on the page under this role and name."""
        return self.page.get_by_role(role, name=name, exact=exact).nth(at)

    def click(self, what, **how):
        """Click once; a key that is held meanwhile is one more."""
        what.click(**how)
        self.clicks += 1
        self.keys += len(how.get("modifiers", ()))

    def choose(self, what, value=None, **which):
        """Choose from a menu of the browser: one click opens it, one chooses."""
        what.select_option(value, **which)
        self.clicks += 2

    def press(self, *names):
        """Press keys; a key together with Ctrl is one press."""
        for name in names:
            self.page.keyboard.press(name)
            self.keys += 1

    def type(self, text):
        """Type a text; each letter is a key."""
        self.page.keyboard.type(text)
        self.keys += len(text)
