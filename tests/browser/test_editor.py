"""The editor of rich text gives back what it was given: a word that is changed is all that changes."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.sanitizer import ATTRIBUTES, TAGS, clean_html
from backoffice.models.content import Post
from make import make
from people import add_user

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ROOT.parent / "shared" / "inputs"
EXPORTS = ("1-wxr-theme-unit-test/themeunittestdata.wordpress.xml", "1-wxr-cc-labs/wordpress.xml")
MANIFEST = json.loads((ROOT / "static/vendor/manifest.json").read_text())
PROSEMIRROR = ROOT / "static/vendor" / MANIFEST["prosemirror"]["folder"] / "prosemirror.min.js"
PARTS = [ROOT / "static/admin/editor" / f"{name}.js" for name in ("schema", "source", "commands")]
RULES = {"tags": sorted(TAGS), "attributes": ATTRIBUTES}

# Every kind of thing that the sanitiser lets stay, nested as people nest it, and some that nobody should.
ODD = [
    "",
    "\n",
    "words alone",
    "words <em>set</em> off<br>\nand on\n\n<p>then</p>\n",
    "<p>a&nbsp;b &amp; c &lt;d&gt; \"e\" 'f' é &hellip;</p>",
    "<p>  two  spaces\n  and a line end </p>\n\n\n<p></p>",
    "<p><em><strong>both</strong></em> <strong><em>ways</em></strong> <em>next</em><em>to</em></p>",
    '<p><span lang="de"><span dir="ltr">in</span> span</span> <a href="/x" title="&quot;t&quot; &lt;">a</a></p>',
    '<p><a href="https://example.com/?a=1&amp;b=2"><img src="/media/a.png" alt="A" width="10"></a><wbr></p>',
    '<ul>\n<li>one</li>\n<li>two\n<ol start="3">\n<li><p>deep</p>\n</li>\n</ol>\n</li>\n</ul>',
    "<ul></ul><ol>\n</ol><li>lost</li><dl><dt>t</dt>\n<dd>d</dd></dl>",
    "<pre>\n\n  code <b>b</b>\n</pre><pre><code>x\n\ty</code></pre>",
    (
        '<table><caption>c</caption><colgroup><col span="2"></colgroup><thead><tr><th scope="col">h</th></tr></thead>'
        '<tbody><tr><td colspan="2">a<br>b</td><td></td></tr></tbody></table>'
    ),
    '<figure><img src="/a.png" alt=""><figcaption>c <em>d</em></figcaption></figure><hr><hr title="x">',
    '<details open=""><summary>s</summary>text<p>p</p></details><details><p>no summary</p></details>',
    '<div><section><article>a<blockquote cite="/q">q<p>p</p>r</blockquote></article></section></div>',
    '<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby> <time datetime="2026-01-01">t</time> <span></span></p>',
    "<ins><p>block in a line</p></ins><p>after</p><code> <pre>odd</pre> </code>",
    '<center>c</center><h1>1</h1><h2 dir="rtl">2</h2><address>a</address>',
    "text<p>p</p>text<p>p</p><em>end</em>",
]

READ = """([rules, bodies]) => bodies.map((body) => {
  const source = new Rich.Source(rules), doc = source.read(body), kept = [];
  doc.check();
  doc.descendants((node) => { if (["raw", "bit"].includes(node.type.name)) kept.push(node.attrs.source); });
  const same = (one, two) => {
    const [a, b] = [one, two].map((text) => {
      const made = document.createElement("template"); made.innerHTML = text; return made.content; });
    return a.isEqualNode(b);
  };
  const wrong = [];
  let changed = 0;
  doc.forEach((node, offset) => {
    let at = null;
    node.descendants((one, pos) => {
      if (at === null && one.isText && /\\w{3}/.test(one.text)) at = offset + 2 + pos + one.text.search(/\\w{3}/);
    });
    if (at === null) return;
    changed += 1;
    const state = ProseMirror.EditorState.create({ doc, plugins: [Rich.commands.tidy] });
    const next = state.apply(state.tr.insertText("QQQ", at));
    const written = source.write(next.doc), [index] = [state.doc.resolve(at).index(0)];
    const others = [];
    next.doc.forEach((one, _at, place) => { if (place !== index) others.push(source.known(one)); });
    if (written.split("QQQ").length !== 2 || !same(written.replace("QQQ", ""), body)) wrong.push(written);
    if (others.some((one) => one === undefined || !written.includes(one))) wrong.push(written);
    const undone = next.apply(next.tr.delete(at, at + 3));
    if (source.write(undone.doc) !== body) wrong.push(source.write(undone.doc));
  });
  return { same: source.write(doc) === body, kept, changed, wrong };
})"""


@pytest.fixture
def read(chromium):
    """Return a function that reads markup into documents and writes it again, in a page that holds nothing else."""
    page = chromium.new_page()
    page.set_content("<!doctype html><title>Nothing</title>")
    for path in (PROSEMIRROR, *PARTS):
        page.add_script_tag(path=str(path))
    yield lambda bodies: page.evaluate(READ, [RULES, bodies])
    page.close()


def test_whatever_may_be_stored_comes_back_as_it_was(read):
    bodies = [clean_html(one) for one in ODD]
    for body, told in zip(bodies, read(bodies), strict=True):
        assert told["same"], body
        assert told["wrong"] == [], body


def test_what_the_sanitiser_would_refuse_is_kept_apart_and_not_drawn(read):
    hostile = [
        "<p onclick=x>a</p>",
        "<script>x</script>",
        "<p><iframe></iframe></p>",
        "<p>a</div>",
        "<!-- c --><p>a</p>",
    ]
    hostile += ["<p>open", "<p style='x'>a</p>", "<", "<p>a <b</p>"]
    told = read(hostile)
    assert [one["same"] for one in told] == [True] * len(hostile)
    assert all(one["kept"] for one in told)


@pytest.mark.parametrize("export", EXPORTS)
def test_every_imported_post_comes_back_as_it_was(app, runner, read, export):
    if not (INPUTS / export).is_file():
        pytest.skip("the real exports are not on this machine")
    told = runner.invoke(args=["import", "wordpress", str(INPUTS / export)])
    assert told.exit_code == 0, told.output
    with app.app_context():
        bodies = list(db.session.scalars(select(Post.body)))
    seen = read(bodies)
    assert len(seen) > 70
    assert [body for body, one in zip(bodies, seen, strict=True) if not one["same"]] == []
    assert [one["wrong"] for one in seen if one["wrong"]] == []
    assert sum(one["changed"] for one in seen) > 300
    # What can only be changed as markup: elements with nothing in them, and blocks where no block may be.
    kept = Counter(re.match(r"<(\w+)", source)[1] for one in seen for source in one["kept"])
    assert set(kept) <= {"span", "ul", "li", "a", "code"}, kept


@pytest.fixture
def write(app, signed_in):
    """Return a function that opens the form of a post with this text, for an editor."""
    with app.app_context():
        email = add_user("editor").email

    def go(body, **options):
        with app.app_context():
            post = make(Post, title="Tides", body=body)
            db.session.commit()
            key = post.id
        return signed_in(email, f"/admin/post/edit/?id={key}", **options)

    return go


def save(page):
    """Press the button and wait for what comes after."""
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url(lambda url: "/edit/" not in url)


def stored(app):
    """Return the one post's text."""
    with app.app_context():
        return db.session.scalars(select(Post.body)).one()


def text(page):
    """Return the place to write in."""
    return page.get_by_role("textbox", name="Text")


def test_opening_and_saving_changes_nothing(app, write):
    body = clean_html(ODD[9] + "\n" + ODD[4] + ODD[11] + ODD[12])
    page = write(body)
    expect(text(page)).to_be_visible()
    save(page)
    assert stored(app) == body
    with app.app_context():
        assert [one.verb for one in db.session.scalars(select(Change).filter_by(model="post"))] == ["create"]


def test_a_word_is_added_by_keyboard_and_nothing_else_changes(app, write):
    page = write("<p>High&nbsp;water</p>\n\n<ul>\n<li>at noon</li>\n</ul>\n")
    text(page).get_by_text("at noon").click()
    page.keyboard.press("End")
    page.keyboard.type(" exactly")
    save(page)
    assert stored(app) == "<p>High&nbsp;water</p>\n\n<ul>\n<li>at noon exactly</li>\n</ul>\n"


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        (("Control+b",), "<p><strong>words</strong></p>"),
        (("Control+i", "Control+b"), "<p><em><strong>words</strong></em></p>"),
        (("Control+b", "Control+b"), "<p>words</p>"),
        (("End", "Enter", "- ", "one", "Enter", "two", "Enter", "Enter", "end"),
         "<p>words</p>\n<ul><li>one</li><li>two</li></ul>\n<p>end</p>"),
        (("End", "Enter", "## ", "Head", "Enter", "> ", "q"),
         "<p>words</p>\n<h2>Head</h2>\n<blockquote><p>q</p></blockquote>"),
        (("End", "Shift+Enter", "line"), "<p>words<br>line</p>"),
    ],
)  # fmt: skip
def test_what_keys_do(app, write, keys, after):
    page = write("<p>words</p>")
    text(page).click()
    if keys[0] != "End":
        page.keyboard.press("Control+a")
    for key in keys:
        named = re.fullmatch(r"(Control|Shift)\+\w+|Enter|End", key)
        press = page.keyboard.press if named else page.keyboard.type
        press(key)
        if key == "End":
            page.wait_for_timeout(100)
    save(page)
    assert stored(app) == after


def test_what_the_tools_do(app, write):
    page = write("<p>words</p>")
    text(page).click()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address", exact=True).fill("https://example.com/?a=1&b=2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Link", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Style").select_option("Heading 3")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Table", exact=True).click()
    text(page).locator("td").first.click()
    page.keyboard.type("cell")
    page.get_by_role("button", name="Delete column").click()
    page.get_by_role("button", name="Row below").click()
    page.get_by_role("button", name="Delete row").click()
    save(page)
    found = html.fromstring(f"<div>{stored(app)}</div>")
    assert [one.get("href") for one in found.xpath("h3/a")] == ["https://example.com/?a=1&b=2"]
    assert [len(row) for row in found.xpath("//tr")] == [2, 2, 2]


def test_the_markup_is_always_there(app, write):
    page = write("<p>words</p>")
    page.get_by_role("button", name="Markup").click()
    area = page.get_by_label("Text", exact=True)
    expect(area).to_have_value("<p>words</p>")
    area.fill("<p>other <img src='/media/none' onerror='document.title=1'></p><script>document.title=2</script>")
    page.get_by_role("button", name="Markup").click()
    expect(text(page).locator(".rich-raw").first).to_contain_text("onerror")
    assert page.title() not in {"1", "2"}
    page.get_by_role("button", name="Markup").click()
    area.fill("<p>plain</p>")
    save(page)
    assert stored(app) == "<p>plain</p>"


def test_without_a_script_the_markup_is_typed(app, write):
    page = write("<p>words</p>", java_script_enabled=False)
    page.get_by_label("Text", exact=True).fill("<p>typed</p>")
    save(page)
    assert stored(app) == "<p>typed</p>"


def test_the_tools_are_one_stop_and_the_text_lets_one_go(write):
    page = write("<p>words</p>")
    page.get_by_label("Excerpt", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Style")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("Tab")
    expect(text(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Status")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_editor_is_for_everybody(write, check_access, scheme, width):
    body = clean_html("".join(ODD[5:17]).replace('src="/', 'src="https://elsewhere.example/'))
    page = write(body, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_access(page)
    page.get_by_role("button", name="Link", exact=True).click()
    check_access(page)
