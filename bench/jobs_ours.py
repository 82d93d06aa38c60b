"""How each common job is done in the application, from its first page, by somebody who knows its keys."""

from re import escape


def rename(hand):
    """Find a post and change its title."""
    open_post(hand)
    hand.click(hand.see("link", "Edit", exact=True))
    hand.click(hand.page.locator("#field-title"))
    hand.press("End")
    hand.type("!")
    hand.press("Control+Enter")


def publish(hand):
    """Find a draft and publish it."""
    open_post(hand)
    hand.click(hand.see("button", "Publish", exact=True))
    hand.click(hand.see("button", "Publish: 1 row"))


def approve(hand):
    """Approve the first three comments that wait."""
    hand.click(hand.page.get_by_role("main").get_by_role("link", name="Waiting").first)
    boxes = hand.page.locator("input[name=rowid]")
    hand.click(boxes.nth(0))
    hand.click(boxes.nth(2), modifiers=["Shift"])
    hand.click(hand.see("button", "Approve", exact=True))
    hand.click(hand.see("button", "Approve: 3 rows"))


def write(hand):
    """Write a post under a category, with a tag, and publish it."""
    hand.click(hand.page.get_by_role("main").get_by_role("link", name="New post"))
    hand.page.locator("#field-title:focus").wait_for()
    hand.type(hand.about.title)
    hand.click(hand.page.locator(".rich-text [contenteditable]"))
    hand.type(hand.about.body)
    hand.choose(hand.see("combobox", "Status"), "published")
    for name in ("Category", "Tags"):
        hand.click(hand.see("combobox", f"Find {name}"))
        hand.click(hand.page.locator(".picker-list:not([hidden]) [role=option]").first)
    hand.press("Control+Enter")


def tag(hand):
    """Find a post and give it one more tag."""
    open_post(hand)
    hand.click(hand.see("link", "Edit", exact=True))
    hand.click(hand.see("combobox", "Find Tags"))
    hand.click(hand.page.locator(".picker-list:not([hidden]) [role=option]").first)
    hand.press("Control+Enter")


def waiting(hand):
    """See which comments wait."""
    hand.click(hand.page.get_by_role("main").get_by_role("link", name="Waiting").first)


def export(hand):
    """Get the published posts as a file."""
    hand.click(hand.page.get_by_role("main").get_by_role("link", name="Published").first)
    with hand.page.expect_download() as caught:
        hand.click(hand.see("link", "Export CSV"))
    hand.about.file = caught.value.path().read_text()


def delete(hand):
    """Find a post and delete it."""
    open_post(hand)
    hand.click(hand.see("link", "Delete", exact=True))
    hand.click(hand.page.get_by_role("main").get_by_role("button", name="Delete"))


def take_back(hand):
    """Bring back what was just deleted."""
    hand.page.wait_for_selector("form[data-undo]")
    hand.press("z")


def who(hand):
    """Find a post and see who changed it last, and what."""
    open_post(hand)
    hand.page.get_by_role("heading", name="Latest changes").wait_for()


def narrow(hand):
    """See the published posts of one category."""
    hand.click(hand.page.get_by_role("main").get_by_role("link", name="Published").first)
    cell = hand.page.locator("tbody td", has=hand.page.get_by_role("link", name=hand.about.category, exact=True)).first
    cell.hover()
    hand.click(cell.get_by_role("button", name="Only"))
    hand.page.locator(".chip").wait_for()


def open_post(hand):
    """Open the post that is known by its number, from wherever one is."""
    hand.press("Control+k")
    hand.type(hand.about.number)
    hand.page.locator("dialog[open] [role=option]", has_text=hand.about.known).first.wait_for()
    hand.press("Enter")
    hand.page.wait_for_url(rf"**/admin/post/details/?id={escape(hand.about.number)}*")
