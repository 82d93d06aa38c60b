"""What a browser would send back from a form that it was shown."""

from lxml import html

FORM = '//form[@class="row-form"]'
FIELDS = ".//input[@name] | .//textarea[@name] | .//select[@name]"


def shown(answer):
    """Return the page as a tree."""
    return html.fromstring(answer.get_data(as_text=True))


def filled(answer, **changes):
    """Return the fields of the page's form as they stand, but for `changes`; None leaves a field out."""
    form = shown(answer).xpath(FORM)[0]
    fields = {}
    for one in form.xpath(FIELDS):
        for value in _values(one):
            fields.setdefault(one.get("name"), []).append(value)
    fields |= {name.replace("__", "-"): value for name, value in changes.items()}
    return {name: value for name, value in fields.items() if value is not None}


def _values(one):
    if one.tag == "textarea":
        # A parser leaves out the first line break of a text area; browsers send CRLF.
        return [(one.text or "").removeprefix("\n").replace("\n", "\r\n")]
    if one.tag == "select":
        chosen = one.xpath(".//option[@selected]") or one.xpath(".//option")[:1]
        return [option.get("value") for option in chosen]
    kind = one.get("type")
    if kind in {"checkbox", "radio"}:
        return [one.get("value")] if one.get("checked") is not None else []
    return [] if kind in {"file", "submit"} else [one.get("value") or ""]


def errors(answer):
    """Return the sentences beside the fields, by field."""
    found = shown(answer).xpath('//*[@class="form-error"]')
    return {one.get("id").removesuffix("-error").removeprefix("field-"): one.text_content().strip() for one in found}


def words(answer):
    """Return the text of the page in one line."""
    return " ".join(shown(answer).text_content().split())
