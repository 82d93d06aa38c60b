// How stored markup becomes a document and is written again: what nobody touched comes back exactly as it was.
(() => {
  "use strict";
  const VOID = new Set(["br", "col", "hr", "img", "wbr"]);
  const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>|<!--/g;
  const QUOTED = /"[^"]*"|'[^']*'/g;
  const RUNS = /[\s/"]on/i;
  const BLANK = /^[ \t\n\f\r]*$/;
  const GAP = /([ \t]*[\n\r\f][ \t\n\f\r]*)/;
  const TOO_DEEP = 1000;

  class Unfit extends Error {}

  // Cuts markup into its outermost elements and the runs of text between them, and says of each whether it has
  // anything a browser runs, which it would complain of even where nothing is run; null when its tags do not match.
  const pieces = (source) => {
    const found = [], open = [];
    let start = 0, run = false, at = 0, runs = false;
    const cut = (end) => {
      if (end > start) found.push({ text: source.slice(start, end), runs });
      start = end;
      run = runs = false;
    };
    for (const one of source.matchAll(TAG)) {
      const [whole, closing, name, rest] = one, between = source.slice(at, one.index);
      if (whole === "<!--" || between.includes("<")) return null;
      const tag = name.toLowerCase(), inline = Rich.INLINE.has(tag) || Rich.VOID_INLINE.has(tag);
      at = one.index + whole.length;
      if (!open.length && !BLANK.test(between)) run = true;
      if (!open.length && !inline && run) cut(one.index);
      runs ||= RUNS.test(rest.replace(QUOTED, '""'));
      if (closing) {
        if (open.pop() !== tag) return null;
      } else {
        if (!open.length && inline) run = true;
        if (!VOID.has(tag)) open.push(tag);
      }
      if (!open.length && !run) cut(at);
    }
    if (open.length || source.slice(at).includes("<")) return null;
    if (!run && BLANK.test(source.slice(start))) return { found, tail: source.slice(start) };
    cut(source.length);
    return { found, tail: "" };
  };

  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const opening = (tag, html) => `<${tag}${Object.entries(html || {})
    .map(([name, value]) => ` ${name}="${escaped(value).replace(/"/g, "&quot;")}"`).join("")}>`;

  // In a document that is shown nowhere, markup neither runs nor loads anything.
  const nowhere = new DOMParser().parseFromString("", "text/html");
  const parsed = (text) => {
    const holder = nowhere.createElement("template");
    holder.innerHTML = text;
    return holder.content;
  };

  class Source {
    // `rules` says what may be stored, as the page was told by the server.
    constructor(rules) {
      Object.assign(this, Rich.make(rules));
      this.origin = new Map();
      this.keys = 0;
    }

    // Returns the document for stored markup.
    read(text) {
      this.origin.clear();
      // A space that does not break is written as this text writes it.
      this.space = text.includes("\u00a0") ? "\u00a0" : "&nbsp;";
      const cut = pieces(text) || { found: [{ text, runs: true }], tail: "" };
      this.tail = cut.tail;
      this.nothing = BLANK.test(text) ? text : "";
      const blocks = cut.found.map((one) => this.piece(one.text, one.runs));
      return this.schema.nodes.doc.create(null, blocks.length ? blocks : [this.schema.nodes.p.create()]);
    }

    // Returns a document as markup.
    write(doc) {
      let text = "", last = null;
      doc.forEach((node, _offset, index) => {
        const known = this.known(node);
        const joined = last?.type.name === "loose" && node.type.name === "loose" ? "<br>" : "";
        text += joined + (known ?? this.block(node, index && !joined ? "\n" : ""));
        last = node;
      });
      const empty = doc.childCount === 1 && doc.firstChild.isTextblock && !doc.firstChild.content.size &&
        this.known(doc.firstChild) === undefined && !doc.firstChild.attrs.html;
      return empty ? this.nothing : text + this.tail;
    }

    // Returns the markup of a block as it came, unless it was changed; a change that was undone is none.
    known(node) {
      if (this.origin.has(node)) return this.origin.get(node);
      for (const [one, text] of this.origin) if (one.eq(node)) return text;
      return undefined;
    }

    piece(text, opaque = false) {
      let node = null;
      const before = text.match(/^[ \t\n\f\r]*/)[0];
      if (!opaque) {
        try {
          const content = parsed(text);
          const { blocks, end } = this.blocks(content, 0, true);
          const { doc } = this.schema.nodes;
          const fits = blocks.length === 1 && !end && doc.validContent(ProseMirror.Fragment.from(blocks));
          if (fits && parsed(this.block(blocks[0], "")).isEqualNode(content)) [node] = blocks;
        } catch (error) {
          if (!(error instanceof Unfit)) throw error;
        }
      }
      node ||= this.schema.nodes.raw.create({ source: text.slice(before.length), before });
      this.origin.set(node, text);
      return node;
    }

    html(element) {
      const found = {};
      for (const one of element.attributes) {
        if (!this.allowed(element.localName, one.name)) throw new Unfit(one.name);
        found[one.name] = one.value;
      }
      return element.attributes.length ? found : null;
    }

    blocks(parent, depth, bare = false) {
      if (depth > TOO_DEEP) throw new Unfit("depth");
      const made = [];
      let before = "", run = null;
      const close = () => {
        if (run) made.push(this.schema.nodes.loose.create({ before: run.before, bare }, this.inline(run.nodes, false)));
        run = null;
      };
      for (const one of parent.childNodes) {
        const text = one.nodeType === Node.TEXT_NODE;
        if (!text && one.nodeType !== Node.ELEMENT_NODE) throw new Unfit("comment");
        if (text && !run && BLANK.test(one.data)) {
          before += one.data;
        } else if (text || Rich.INLINE.has(one.localName) || Rich.VOID_INLINE.has(one.localName)) {
          run ||= { before, nodes: [] };
          run.nodes.push(one);
          before = "";
        } else {
          close();
          made.push(this.element(one, before, depth));
          before = "";
        }
      }
      close();
      return { blocks: made, end: before };
    }

    element(one, before, depth) {
      const tag = one.localName, type = this.schema.nodes[tag];
      try {
        const html = this.html(one);
        if (tag === "hr") return type.create({ html, before });
        if (Rich.TEXTS.has(tag)) return type.create({ html, before }, this.inline(one.childNodes, tag === "pre"));
        if (!Rich.HOLDERS.has(tag)) throw new Unfit(tag);
        const { blocks, end } = this.blocks(one, depth + 1);
        const { loose } = this.schema.nodes;
        const content = blocks.length || !type.contentMatch.matchType(loose) ? blocks : [loose.create()];
        if (!type.validContent(ProseMirror.Fragment.from(content))) throw new Unfit(tag);
        return type.create({ html, before, end }, content);
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        return this.schema.nodes.raw.create({ source: one.outerHTML, before });
      }
    }

    inline(nodes, pre, marks = [], made = []) {
      for (const one of nodes) {
        if (one.nodeType === Node.TEXT_NODE) {
          this.words(one.data, pre, marks, made);
        } else if (one.nodeType !== Node.ELEMENT_NODE) {
          throw new Unfit("comment");
        } else if (Rich.VOID_INLINE.has(one.localName)) {
          made.push(this.schema.nodes[one.localName].create({ html: this.html(one) }, null, marks));
        } else if (Rich.INLINE.has(one.localName)) {
          this.marked(one, pre, marks, made);
        } else {
          throw new Unfit(one.localName);
        }
      }
      return made;
    }

    marked(one, pre, marks, made) {
      const held = made.length;
      const attrs = { html: this.html(one), key: ++this.keys, level: marks.length };
      const mark = this.schema.marks[one.localName].create(attrs);
      this.inline(one.childNodes, pre, mark.addToSet(marks), made);
      // An element with nothing in it has nothing to mark.
      if (made.length === held) made.push(this.schema.nodes.bit.create({ source: one.outerHTML }, null, marks));
    }

    words(text, pre, marks, made) {
      const parts = pre ? [text] : text.split(GAP);
      parts.forEach((part, at) => {
        if (part && at % 2) made.push(this.schema.nodes.gap.create({ text: part }, null, marks));
        else if (part) made.push(this.schema.text(part, marks));
      });
    }

    block(node, between) {
      const { html, source, end } = node.attrs, tag = node.type.name, before = node.attrs.before ?? between;
      if (tag === "raw") return before + source;
      if (tag === "loose") return before + this.line(node);
      if (tag === "hr") return before + opening(tag, html);
      if (Rich.TEXTS.has(tag)) {
        const line = this.line(node);
        return `${before}${opening(tag, html)}${tag === "pre" && line.startsWith("\n") ? "\n" : ""}${line}</${tag}>`;
      }
      let inner = "", last = null;
      node.forEach((child) => {
        inner += (last?.type.name === "loose" && child.type.name === "loose" ? "<br>" : "") + this.block(child, "");
        last = child;
      });
      return `${before}${opening(tag, html)}${inner}${end}</${tag}>`;
    }

    line(node) {
      let text = "";
      const open = [];
      const close = (count) => { while (open.length > count) text += `</${open.pop().type.name}>`; };
      node.forEach((child) => {
        const wanted = [...child.marks].sort((one, two) => place(one) - place(two));
        let same = 0;
        while (same < open.length && same < wanted.length && open[same].eq(wanted[same])) same += 1;
        close(same);
        for (const mark of wanted.slice(same)) {
          text += opening(mark.type.name, mark.attrs.html);
          open.push(mark);
        }
        text += this.leaf(child);
      });
      close(0);
      return text;
    }

    leaf(node) {
      if (node.isText) return escaped(node.text).replace(/\u00a0/g, this.space);
      if (node.type.name === "gap") return node.attrs.text;
      return node.type.name === "bit" ? node.attrs.source : opening(node.type.name, node.attrs.html);
    }
  }

  const place = (mark) => mark.attrs.level ?? TOO_DEEP + mark.type.rank;

  Object.assign(window.Rich, { Source, pieces });
})();
