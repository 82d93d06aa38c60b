"""What each kind of refusal and failure is called, and what to do about it."""

from backoffice.core.catalogues import lazy_gettext as _

WORDS = {
    400: (
        _("Request not understood"),
        _("Something in the request is not as it should be. Go back, check and try again."),
    ),
    401: (
        _("Please sign in"),
        _("This page is for people who have signed in."),
    ),
    403: (
        _("Not allowed"),
        _("Your account may not do this. Ask an administrator if it should."),
    ),
    404: (
        _("Page not found"),
        _("There is nothing at this address. It may have moved, or the link may be mistyped."),
    ),
    405: (
        _("Not possible here"),
        _("This address does not take that kind of request. Go back and use the buttons of the page."),
    ),
    409: (
        _("Not saved"),
        _("What you sent does not fit what is stored now. Go back, load the page again and compare."),
    ),
    413: (
        _("Too large"),
        _("What you sent is larger than this site accepts. Send less, or a smaller file."),
    ),
    415: (
        _("Kind of content not accepted"),
        _("What you sent is of a kind that this address does not read."),
    ),
    429: (
        _("Too many requests"),
        _("Wait a little, then try again."),
    ),
    500: (
        _("Something went wrong"),
        _("The mistake is ours and has been written down. Try again; if it stays, tell us the number below."),
    ),
    503: (
        _("Not available just now"),
        _("The site cannot reach its data at the moment. Nothing was saved; try again in a few seconds."),
    ),
    507: (
        _("No room left"),
        _("There is no room to store what you sent, and nothing was saved. Tell an administrator."),
    ),
}
CHANGED_MEANWHILE = _("Somebody else changed this meanwhile. Go back, load the page again and compare.")


def words(status):
    """Return the title and the advice for this status; one without its own gets those of its class."""
    return WORDS.get(status) or WORDS[500 if status >= 500 else 400]
