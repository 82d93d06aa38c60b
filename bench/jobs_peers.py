"""How each common job is done in Flask-Admin and in Django's admin, from their first pages, the shortest way."""


class FlaskAdmin:
    """As it comes, with the columns, filters and operations that its documentation shows how to name."""

    def _open(self, hand):
        self._find(hand)
        hand.click(hand.page.locator("td a[title='Edit Record'], td a.icon[href*='/edit/']").first)

    def _find(self, hand):
        hand.click(hand.see("link", "Post", exact=True))
        hand.click(hand.page.locator("input[name=search]"))
        hand.type(hand.about.number)
        hand.press("Enter")
        hand.page.wait_for_url("**search=*")

    def _filter(self, hand, name, value):
        hand.click(hand.page.get_by_text("Add Filter"))
        hand.click(hand.page.locator(".field-filters a.filter", has_text=name))
        operation = hand.page.locator(".filters select.filter-op").last
        labels = operation.locator("option").all_text_contents()
        at = next(place for place, label in enumerate(labels) if label.strip() == "equals")
        if at:
            operation.select_option(index=at, force=True)
            operation.dispatch_event("change")
            hand.clicks += 2
        hand.click(hand.page.locator(".filters input.filter-val, .filters input.form-control:visible").last)
        hand.type(value)
        hand.press("Enter")
        hand.page.wait_for_url("**flt*")

    def _pick(self, hand, name):
        hand.click(hand.page.locator(f"#s2id_{name}, #{name} + .select2, [for={name}] ~ * .select2-container").first)
        hand.click(hand.page.locator(".select2-drop-active li.select2-result, .select2-results__option").nth(1))

    def rename(self, hand):
        """Find a post and change its title."""
        self._open(hand)
        hand.click(hand.page.locator("#title"))
        hand.press("End")
        hand.type("!")
        hand.press("Enter")

    def publish(self, hand):
        """Find a draft and publish it."""
        self._open(hand)
        hand.click(hand.page.locator("#status"))
        hand.press("Control+a")
        hand.type("published")
        hand.press("Enter")

    def approve(self, hand):
        """Approve the first three comments that wait."""
        self.waiting(hand)
        for at in range(3):
            hand.click(hand.page.locator("input[name=rowid]").nth(at))
        hand.click(hand.page.get_by_text("With selected"))
        hand.click(hand.page.get_by_text("Approve", exact=True))

    def waiting(self, hand):
        """See which comments wait."""
        hand.click(hand.see("link", "Comment", exact=True))
        self._filter(hand, "Status", "pending")

    def write(self, hand):
        """Write a post under a category, with a tag, and publish it."""
        hand.click(hand.see("link", "Post", exact=True))
        hand.click(hand.see("link", "Create"))
        hand.click(hand.page.locator("#title"))
        hand.type(hand.about.title)
        hand.press("Tab")
        hand.type(hand.about.slug)
        hand.press("Tab")
        hand.type("published")
        for name in ("author", "category", "tags"):
            self._pick(hand, name)
        hand.click(hand.page.locator("#body"))
        hand.type(hand.about.body)
        hand.click(hand.page.locator("input[type=submit][value=Save]"))

    def tag(self, hand):
        """Find a post and give it one more tag."""
        self._open(hand)
        self._pick(hand, "tags")
        hand.click(hand.page.locator("input[type=submit][value=Save]"))

    def export(self, hand):
        """Get the published posts as a file."""
        hand.click(hand.see("link", "Post", exact=True))
        self._filter(hand, "Status", "published")
        with hand.page.expect_download() as caught:
            hand.click(hand.page.get_by_role("link", name="Export"))
        hand.about.file = caught.value.path().read_text()

    def delete(self, hand):
        """Find a post and delete it."""
        self._find(hand)
        # Its question is the browser's own: one click more.
        hand.page.once("dialog", lambda dialog: dialog.accept())
        hand.click(hand.page.locator("form.icon button").first)
        hand.clicks += 1

    def narrow(self, hand):
        """See the published posts of one category."""
        hand.click(hand.see("link", "Post", exact=True))
        self._filter(hand, "Status", "published")
        self._filter(hand, "Category", str(hand.about.category_key))


class Django:
    """As it comes, with the columns, filters and operations that its documentation shows how to name."""

    def _open(self, hand):
        hand.click(hand.page.locator("#content-main").get_by_role("link", name="Posts", exact=True))
        hand.click(hand.page.locator("#searchbar"))
        hand.type(hand.about.number)
        hand.press("Enter")
        hand.page.wait_for_url("**q=*")
        hand.click(hand.page.locator("#result_list tbody th a").first)

    def _save(self, hand):
        hand.click(hand.page.locator("input[name=_save]"))

    def rename(self, hand):
        """Find a post and change its title."""
        self._open(hand)
        hand.click(hand.page.locator("#id_title"))
        hand.press("End")
        hand.type("!")
        hand.press("Enter")

    def publish(self, hand):
        """Find a draft and publish it."""
        self._open(hand)
        hand.choose(hand.page.locator("#id_status"), "published")
        self._save(hand)

    def waiting(self, hand):
        """See which comments wait."""
        hand.click(hand.page.locator("#content-main").get_by_role("link", name="Comments", exact=True))
        hand.click(hand.page.locator("#changelist-filter").get_by_role("link", name="pending"))

    def approve(self, hand):
        """Approve the first three comments that wait."""
        self.waiting(hand)
        boxes = hand.page.locator("input.action-select")
        hand.click(boxes.nth(0))
        hand.click(boxes.nth(2), modifiers=["Shift"])
        hand.choose(hand.page.locator("select[name=action]"), "approve")
        hand.click(hand.page.locator(".actions button[type=submit]"))

    def write(self, hand):
        """Write a post under a category, with a tag, and publish it."""
        hand.click(hand.page.locator("tr.model-post a.addlink"))
        hand.click(hand.page.locator("#id_title"))
        hand.type(hand.about.title)
        hand.press("Tab")
        hand.type(hand.about.slug)
        hand.choose(hand.page.locator("#id_status"), "published")
        hand.choose(hand.page.locator("#id_author"), index=1)
        hand.choose(hand.page.locator("#id_category"), index=1)
        hand.click(hand.page.locator("#id_tags option").first)
        hand.click(hand.page.locator("#id_body"))
        hand.type(hand.about.body)
        self._save(hand)

    def tag(self, hand):
        """Find a post and give it one more tag."""
        self._open(hand)
        hand.click(hand.page.locator("#id_tags option:not(:checked)").first, modifiers=["Control"])
        self._save(hand)

    def export(self, hand):
        """Get the published posts as a file."""
        hand.click(hand.page.locator("#content-main").get_by_role("link", name="Posts", exact=True))
        hand.click(hand.page.locator("#changelist-filter").get_by_role("link", name="Published", exact=True))
        with hand.page.expect_download() as caught:
            hand.click(hand.page.locator("a.export_link"))
        hand.about.file = caught.value.path().read_text()

    def delete(self, hand):
        """Find a post and delete it."""
        self._open(hand)
        hand.click(hand.page.locator("a.deletelink"))
        hand.click(hand.see("button", "Yes"))

    def who(self, hand):
        """Find a post and see who changed it last, and what."""
        self._open(hand)
        hand.click(hand.page.locator("a.historylink"))

    def narrow(self, hand):
        """See the published posts of one category."""
        hand.click(hand.page.locator("#content-main").get_by_role("link", name="Posts", exact=True))
        filters = hand.page.locator("#changelist-filter")
        hand.click(filters.get_by_role("link", name="Published", exact=True))
        hand.click(filters.get_by_role("link", name=hand.about.category, exact=True))
