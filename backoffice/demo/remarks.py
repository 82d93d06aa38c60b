"""What the readers of the demonstration say: threads of comments in every state, no two alike."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from backoffice.core.types import slugify
from backoffice.demo import paper, written

DEEPEST = 4
PINGBACKS, PINGBACKS_WAITING = 30, 6
SPAM, SPAM_WAITING = 40, 8
REJECTED, WAITING = 20, 60
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
)


@dataclass(eq=False)
class Remark:
    """One comment before it is a row; `post` is whatever the caller gave, `member` a username or None."""

    post: Any
    body: str
    at: datetime
    parent: "Remark | None" = None
    depth: int = 1
    status: str = "approved"
    kind: str = "comment"
    member: str | None = None
    guest: str | None = None
    guest_url: str | None = None
    address: str = ""
    agent: str = ""

    @property
    def guest_email(self):
        """The guest's address, made from the name."""
        return f"{slugify(self.guest) or 'reader'}@example.org" if self.guest and self.kind == "comment" else None


class Readers:
    """The readership: it has read some articles, and says `total` things about them."""

    def __init__(self, posts, members, moment):
        self.posts, self.members, self.moment = posts, members, moment
        self.dice = paper.dice_for("readers")
        self.phrases = written.phrases()
        self.said = set()

    def say(self, total):
        """Return `total` remarks, each after the one it answers."""
        others = PINGBACKS + SPAM + SPAM_WAITING + REJECTED
        talk = self._answered(self._openings(), total - others)
        self._hold_newest(talk, WAITING - PINGBACKS_WAITING - SPAM_WAITING)
        return talk + self._pingbacks() + self._rejected() + self._spam()

    def _openings(self):
        remarks = [self._talk(post, text) for post in self.posts for text in post.article.remarks]
        for subject, texts in self.phrases.items():
            about = [post for post in self.posts if post.article.headings.get("category") == subject]
            remarks += [self._talk(self.dice.choice(about), self._with_tail(text)) for text in texts if about]
        return remarks

    def _with_tail(self, text):
        return f"{text} {self.dice.choice(self.phrases['tail'])}" if self.dice.random() < 0.35 else text

    def _answered(self, remarks, total):
        remarks = remarks[:total]
        while len(remarks) < total:
            # Half of all answers go to the newest words, which is how threads grow deep.
            above = self.dice.choice(remarks[-40:] if self.dice.random() < 0.5 else remarks)
            if above.depth < DEEPEST:
                remarks.append(self._talk(above.post, self._reply(), above))
        return remarks

    def _reply(self):
        while True:
            first, then = self.dice.choice(self.phrases["reply"]), self.dice.choice(self.phrases["follow"])
            text = first if self.dice.random() < 0.3 else f"{first} {then}"
            if text not in self.said:
                self.said.add(text)
                return text

    def _talk(self, post, text, above=None):
        remark = Remark(post, escape(text, quote=False), self._when(above or post), above)
        if above is not None:
            remark.depth = above.depth + 1
        chance = self.dice.random()
        if above is not None and chance < 0.3:
            remark.member = post.author
        elif chance < 0.45:
            remark.member = self.dice.choice(self.members)
        else:
            remark.guest = self.dice.choice(self.phrases["guest"])
        return self._seen(remark)

    def _when(self, before):
        # Most is said soon, a little long after: the share of the time left is small for most dice.
        return before.at + (self.moment - before.at) * (self.dice.random() ** 5 * 0.98 + 0.0005)

    def _seen(self, remark):
        remark.address = f"203.0.113.{self.dice.randint(1, 254)}"
        remark.agent = self.dice.choice(AGENTS)
        return remark

    @staticmethod
    def _hold_newest(remarks, count):
        answered = {id(remark.parent) for remark in remarks}
        open_ends = [remark for remark in remarks if id(remark) not in answered]
        for remark in sorted(open_ends, key=lambda one: one.at)[-count:]:
            remark.status = "pending"

    def _pingbacks(self):
        found = []
        # Different posts, so that a phrase used again speaks of another one.
        for number, post in enumerate(self.dice.sample(self.posts, PINGBACKS)):
            title, site, text = self.phrases["pingback"][number % len(self.phrases["pingback"])].split(" | ")
            body = escape(f"[…] {text} “{post.article.headings['title']}” […]", quote=False)
            remark = Remark(post, body, self._when(post), kind="pingback", guest=f"{title} | {site}")
            remark.guest_url = f"https://{slugify(site)}.example/{slugify(title)}-{number + 1}"
            remark.status = "pending" if number < PINGBACKS_WAITING else "approved"
            found.append(self._seen(remark))
        return found

    def _rejected(self):
        found = [self._talk(self.dice.choice(self.posts), text) for text in self.phrases["rejected"][:REJECTED]]
        for remark in found:
            remark.status, remark.member = "rejected", None
            remark.guest = remark.guest or self.dice.choice(self.phrases["guest"])
        return found

    def _spam(self):
        found = []
        for number in range(SPAM + SPAM_WAITING):
            post, link = self.dice.choice(self.posts), f"{self.dice.choice(self.phrases['link'])}{number}"
            text = self.phrases["spam"][number % len(self.phrases["spam"])]
            words = escape(f"{text} {{}} {self.dice.choice(self.phrases['lure'])}", quote=False)
            remark = Remark(post, words.format(f'<a href="{link}">{link}</a>'), self._when(post))
            remark.guest, remark.guest_url = self.dice.choice(self.phrases["seller"]), link
            remark.status = "spam" if number < SPAM else "pending"
            found.append(self._seen(remark))
        return found
