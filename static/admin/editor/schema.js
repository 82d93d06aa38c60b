// Which documents the editor knows: every element that may be stored, with all its attributes.
(() => {
  "use strict";
  const { Schema } = ProseMirror;

  const INLINE = ("a abbr acronym b bdi bdo big cite code del dfn em i ins kbd mark q rp rt ruby s samp small span " +
    "strike strong sub sup time tt u var").split(" ");
  const VOID_INLINE = ["br", "img", "wbr"];
  const TEXTS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "summary", "dt", "figcaption", "caption"];
  // What each of the others may hold, the usual content first.
  const HOLDERS = {
    ...Object.fromEntries(("blockquote div section article aside header footer center address").split(" ")
      .map((tag) => [tag, "block+"])),
    ul: "(li | raw)+",
    ol: "(li | raw)+",
    li: "(loose | block)+",
    dl: "(dt | dd | div | raw)+",
    dd: "(loose | block)+",
    figure: "(loose | block | figcaption)+",
    details: "(summary | loose | block)+",
    table: "(tbody | tr | thead | tfoot | caption | raw)+",
    thead: "(tr | raw)*",
    tbody: "(tr | raw)*",
    tfoot: "(tr | raw)*",
    tr: "(td | th)*",
    td: "(loose | block)+",
    th: "(loose | block)+",
  };
  const PARTS = new Set(["li", "dd", "dt", "figcaption", "summary", "caption", "thead", "tbody", "tfoot", "tr", "td",
    "th"]);
  // What is taken over when something is pasted; the rest becomes the text that it holds.
  const PASTED = new Set(("p h1 h2 h3 h4 h5 h6 pre blockquote ul ol li dl dt dd figure figcaption table caption thead " +
    "tbody tfoot tr td th hr br img a abbr b cite code del em i ins kbd mark q s strong sub sup u").split(" "));
  const OURS = /^(https?:)?\/\//i;

  // `rules` says what may be stored: {tags: […], attributes: {tag or "*": […]}}.
  const make = (rules) => {
    const allowed = (tag, name) => (rules.attributes["*"] || []).includes(name) ||
      (rules.attributes[tag] || []).includes(name);

    const kept = (element) => {
      const tag = element.localName;
      const pairs = [...element.attributes].filter((one) => allowed(tag, one.name)).map((one) => [one.name, one.value]);
      return pairs.length ? Object.fromEntries(pairs) : null;
    };

    const drawn = (tag, html) => {
      const shown = { ...html };
      if (shown.href && !/^(https?:|mailto:|[/#?]|[^:]*$)/i.test(shown.href.trim())) delete shown.href;
      if (tag === "details") shown.open = "";
      return shown;
    };

    // The policy of the panel shows pictures of this place only; of others their words stand there.
    const picture = (html) => {
      const there = html?.src || "";
      const here = there && (!OURS.test(there) || new URL(there, location.href).origin === location.origin);
      if (here && !/^[a-z]+:/i.test(there.replace(location.origin, ""))) return ["img", drawn("img", html)];
      return ["span", { class: "rich-elsewhere", "data-picture": JSON.stringify(html || {}), title: there },
        html?.alt || there || "?"];
    };

    const element = (tag, more) => ({
      attrs: { html: { default: null }, before: { default: null }, end: { default: "" } },
      group: PARTS.has(tag) ? "part" : "block",
      parseDOM: PASTED.has(tag) ? [{ tag, getAttrs: (one) => ({ html: kept(one) }) }] : [],
      toDOM: (node) => [tag, drawn(tag, node.attrs.html), 0],
      ...more,
    });

    const nodes = { doc: { content: "block+" } };
    nodes.p = element("p", { content: "inline*" });
    nodes.loose = {
      attrs: { bare: { default: false }, before: { default: null } },
      content: "inline*",
      group: "block",
      parseDOM: [{ tag: "div[data-loose]" }],
      toDOM: () => ["div", { "data-loose": "" }, 0],
    };
    for (const tag of TEXTS.slice(1)) {
      nodes[tag] = element(tag, { content: "inline*", ...(tag === "pre" ? { code: true } : {}), defining: true });
    }
    nodes.pre.parseDOM = [{ tag: "pre", preserveWhitespace: "full", getAttrs: (one) => ({ html: kept(one) }) }];
    for (const [tag, content] of Object.entries(HOLDERS)) {
      nodes[tag] = element(tag, { content, ...(tag === "td" || tag === "th" ? { isolating: true } : {}) });
    }
    nodes.hr = element("hr", { toDOM: () => ["hr"] });
    nodes.raw = {
      attrs: { source: { default: "" }, before: { default: null } },
      group: "block",
      atom: true,
      parseDOM: [{ tag: "pre[data-raw]", priority: 60, getAttrs: (one) => ({ source: one.textContent }) }],
      toDOM: (node) => ["pre", { class: "rich-raw", "data-raw": "" }, node.attrs.source],
    };
    nodes.text = { group: "inline" };
    for (const tag of VOID_INLINE) {
      nodes[tag] = {
        attrs: { html: { default: null } },
        group: "inline",
        inline: true,
        draggable: tag === "img",
        parseDOM: PASTED.has(tag) ? [{ tag, getAttrs: (one) => ({ html: kept(one) }) }] : [],
        toDOM: (node) => (tag === "img" ? picture(node.attrs.html) : [tag]),
      };
    }
    nodes.img.parseDOM.push({ tag: "span[data-picture]", getAttrs: (one) => ({ html: JSON.parse(one.dataset.picture) }) });
    // A line end in the markup is a space on the page; which spaces and line ends it was stays known.
    nodes.gap = {
      attrs: { text: { default: "\n" } },
      group: "inline",
      inline: true,
      selectable: false,
      parseDOM: [{ tag: "span[data-gap]", getAttrs: (one) => ({ text: JSON.parse(one.dataset.gap) }) }],
      toDOM: (node) => ["span", { "data-gap": JSON.stringify(node.attrs.text) }, " "],
      leafText: () => " ",
    };
    nodes.bit = {
      attrs: { source: { default: "" } },
      group: "inline",
      inline: true,
      parseDOM: [{ tag: "code[data-bit]", priority: 60, getAttrs: (one) => ({ source: one.textContent }) }],
      toDOM: (node) => ["code", { class: "rich-bit", "data-bit": "" }, node.attrs.source],
    };

    // `key` tells two neighbours with the same tag apart, `level` which of two stands inside the other.
    const marks = Object.fromEntries(INLINE.map((tag) => [tag, {
      attrs: { html: { default: null }, key: { default: null }, level: { default: null } },
      excludes: "",
      inclusive: tag !== "a",
      parseDOM: PASTED.has(tag) ? [{ tag, getAttrs: (one) => ({ html: kept(one) }) }] : [],
      toDOM: (mark) => [tag, drawn(tag, mark.attrs.html), 0],
    }]));

    return { schema: new Schema({ nodes, marks }), allowed };
  };

  window.Rich = { make, INLINE: new Set(INLINE), VOID_INLINE: new Set(VOID_INLINE), TEXTS: new Set(TEXTS),
    HOLDERS: new Set(Object.keys(HOLDERS)) };
})();
