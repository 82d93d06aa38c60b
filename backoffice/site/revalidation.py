"""Whether whoever asks for a page once more has it already: each carries a tag of all that is in it."""

from hashlib import sha256

from flask import request

from backoffice.site import standing


def answer(response):
    """Tag a whole public answer, and send it only to those who have another.

    It may be kept, but is asked about each time: what is taken back is gone at once.
    """
    if response.status_code != 200 or request.method not in {"GET", "HEAD"} or response.get_etag()[0]:
        return response
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.cache_control.no_cache = True
    standing.keep(response)
    return response.make_conditional(request)
