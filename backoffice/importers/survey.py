"""What an export holds that all else refers to: its site, its authors and its terms, found in a first reading."""

from dataclasses import dataclass, field

from backoffice.importers import records, wxr

SITES = ("wp:base_blog_url", "wp:base_site_url", "link")
POSTS = frozenset({"post", "page"})
ATTACHMENT = "attachment"
COMMENTS_WITHOUT_PLACE = "comments under entries that are left out"


@dataclass
class Survey:
    """The export as a whole, before anything of it is taken."""

    version: str = ""
    title: str = ""
    sites: dict[str, str] = field(default_factory=dict)
    authors: list[records.Author] = field(default_factory=list)
    creators: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[str, str], records.Term] = field(default_factory=dict)

    @property
    def site(self):
        """The address of the site that was exported; numbers of posts mean something only there."""
        return next(filter(None, map(self.sites.get, SITES)), self.title)


def survey(path, report) -> Survey:
    """Read the export once, whole, and return what all else refers to; raises wxr.Unreadable.

    The report learns of the kinds of entries that are not taken at all.
    """
    found = Survey()
    for node in wxr.read(path):
        _note(found, node, report)
    return found


def _note(found, node, report):
    if node.name in SITES:
        found.sites.setdefault(node.name, node.text.strip())
    elif node.name == "wp:wxr_version":
        found.version = node.text.strip()
    elif node.name == "title":
        found.title = records.plain(node.text)
    elif node.name == "wp:author":
        found.authors.append(records.author(node))
    elif node.name == "item":
        _note_item(found, records.item(node), report)
    elif node.name in wxr.ENTRIES:
        _note_term(found, node, report)


def _note_term(found, node, report):
    term = records.term(node)
    if term is None:
        report.leave(f"terms of the kind “{node.said('wp:term_taxonomy').strip()[:40]}”", f"line {node.line}")
    elif term.slug:
        found.terms.setdefault((term.kind, term.slug), term)


def _note_item(found, item, report):
    if item.kind in POSTS or item.kind == ATTACHMENT:
        found.creators.setdefault(item.creator, item.line)
    else:
        report.leave(f"entries of the kind “{item.kind[:40]}”", item)
        if item.remarks:
            report.leave(COMMENTS_WITHOUT_PLACE, f"{item}, {len(item.remarks)} of them")
    if item.kind in POSTS:
        for term in item.terms:
            found.terms.setdefault((term.kind, term.slug), term)
