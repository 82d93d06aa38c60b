"""How much of a list is sent: the whole page, or the list alone where a page is there already to hold it."""

from flask import after_this_request, current_app, render_template, request

REFUSED = 400
WHOLE, PART = "admin/master.html", "admin/partial.html"


def wanted():
    """Tell whether a page that stands already asks for what changes in it."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def give_way(address):
    """Answer that the whole page is to give way to the one at `address`."""
    return current_app.response_class(status=204, headers={"HX-Redirect": address})


def lead_out_of_trouble():
    """Have a refusal shown on a page of its own: no part of a page is the place for it."""
    if wanted() and request.method == "GET":

        @after_this_request
        def led(answer):
            return give_way(request.full_path) if answer.status_code >= REFUSED else answer


def render(view, template, **context):
    """Return the page of a list, or the list alone, as it is asked for."""
    part = wanted()

    @after_this_request
    def told(answer):
        # One address has two answers: whoever keeps one must not give it out for the other.
        answer.vary.add("HX-Request")
        if part:
            answer.headers["X-Part"] = "list"
        return answer

    if not part:
        return view.render(template, layout=WHOLE, **context)
    return render_template(template, layout=PART, view=view, user=view.user, **context)
