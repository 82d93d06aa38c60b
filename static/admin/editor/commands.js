// What can be done to a document that is being edited: each command answers whether it can, and does it when told to.
(() => {
  "use strict";
  const PM = ProseMirror;

  const inside = (state, ...names) => {
    const { $from } = state.selection;
    for (let depth = $from.depth; depth > 0; depth -= 1) {
      if (names.includes($from.node(depth).type.name)) return { node: $from.node(depth), depth, at: $from.before(depth) };
    }
    return null;
  };

  const marked = (state, ...names) => {
    const { from, to, empty, $from } = state.selection;
    const types = names.map((name) => state.schema.marks[name]);
    if (empty) return types.some((type) => type.isInSet(state.storedMarks || $from.marks()));
    return types.some((type) => state.doc.rangeHasMark(from, to, type));
  };

  // The first name is what is written; the others mean the same and go with it.
  const toggle = (...names) => (state, dispatch) => {
    const { from, to, empty } = state.selection;
    const types = names.map((name) => state.schema.marks[name]);
    if (!marked(state, ...names)) return PM.toggleMark(types[0])(state, dispatch);
    if (!dispatch) return true;
    const tr = state.tr;
    types.forEach((type) => (empty ? tr.removeStoredMark(type) : tr.removeMark(from, to, type)));
    dispatch(tr);
    return true;
  };

  const style = (name) => (state, dispatch) => {
    const type = state.schema.nodes[name], { from, to } = state.selection;
    const tr = state.tr.setBlockType(from, to, type, (old) => ({ html: null, before: old.attrs.before }));
    if (!tr.docChanged) return false;
    if (dispatch) dispatch(tr.scrollIntoView());
    return true;
  };

  const list = (name) => (state, dispatch) => {
    const { nodes } = state.schema, there = inside(state, "ul", "ol");
    if (!there) return PM.wrapInList(nodes[name])(state, dispatch);
    if (there.node.type.name === name) return PM.liftListItem(nodes.li)(state, dispatch);
    if (dispatch) dispatch(state.tr.setNodeMarkup(there.at, nodes[name], { ...there.node.attrs, html: null }));
    return true;
  };

  const quote = (state, dispatch) => {
    if (inside(state, "blockquote")) return PM.lift(state, dispatch);
    return PM.wrapIn(state.schema.nodes.blockquote)(state, dispatch);
  };

  // Text without a paragraph of its own: as an item of a list it is split, in a cell a line ends, elsewhere it becomes one.
  const enter = (state, dispatch) => {
    const { $from, empty } = state.selection;
    if (!empty || $from.parent.type.name !== "loose") return false;
    const around = $from.node(-1).type.name;
    if (around === "li") return false;
    if (["td", "th", "dd", "figure", "details"].includes(around)) return breakLine(state, dispatch);
    if (!dispatch) return true;
    const tr = state.tr.setNodeMarkup($from.before(), state.schema.nodes.p, { before: $from.parent.attrs.before });
    dispatch(tr.split(tr.mapping.map(state.selection.from)).scrollIntoView());
    return true;
  };

  const breakLine = (state, dispatch) => {
    if (inside(state, "pre")) return false;
    if (dispatch) dispatch(state.tr.replaceSelectionWith(state.schema.nodes.br.create()).scrollIntoView());
    return true;
  };

  const newLine = (state, dispatch) => {
    if (!inside(state, "pre")) return false;
    if (dispatch) dispatch(state.tr.insertText("\n").scrollIntoView());
    return true;
  };

  // The link around the cursor, or the first in what is selected: where it goes from and to, and its mark.
  const link = (state) => {
    const { $from, from: first, to: last, empty } = state.selection, type = state.schema.marks.a;
    if (!empty) {
      let mark = null;
      state.doc.nodesBetween(first, last, (node) => { mark ||= type.isInSet(node.marks) || null; });
      return mark && { mark, from: first, to: last };
    }
    const { parent } = $from, start = $from.start();
    let found = null;
    parent.forEach((child, offset) => {
      const mark = type.isInSet(child.marks);
      const from = start + offset, to = from + child.nodeSize;
      if (mark && found?.mark.eq(mark) && found.to === from) found.to = to;
      else if (mark && !(found && found.from <= $from.pos && $from.pos <= found.to)) found = { mark, from, to };
    });
    return found && found.from <= $from.pos && $from.pos <= found.to ? found : null;
  };

  const setLink = (href) => (state, dispatch) => {
    const there = link(state), type = state.schema.marks.a, { selection } = state;
    const from = there ? there.from : selection.from, to = there ? there.to : selection.to, tr = state.tr;
    if (from === to && href) tr.insertText(href, from);
    const end = from === to ? from + href.length : to;
    tr.removeMark(from, end, type);
    if (href) tr.addMark(from, end, type.create({ ...there?.mark.attrs, html: { ...there?.mark.attrs.html, href } }));
    if (dispatch) dispatch(tr.scrollIntoView());
    return true;
  };

  const insert = (make) => (state, dispatch) => {
    if (dispatch) dispatch(state.tr.replaceSelectionWith(make(state.schema), false).scrollIntoView());
    return true;
  };

  const image = (html) => insert((schema) => schema.nodes.img.create({ html }));
  const rule = insert((schema) => schema.nodes.hr.create());
  const table = insert(({ nodes }) => {
    const cells = (name) => nodes.tr.create({ before: "\n" }, [1, 2, 3].map(() => nodes[name].createAndFill()));
    const head = nodes.thead.create(null, [cells("th")]);
    return nodes.table.create(null, [head, nodes.tbody.create(null, [cells("td"), cells("td")])]);
  });

  // Where in a table the cursor is; null where cells span others, so that rows and columns are not what they seem.
  const cell = (state) => {
    const around = inside(state, "table"), row = inside(state, "tr");
    if (!around || !row || row.depth < around.depth) return null;
    const rows = [];
    let spans = false;
    around.node.descendants((node, pos) => {
      if (node.type.name === "tr") rows.push({ node, at: around.at + 1 + pos });
      if (node.attrs.html?.colspan || node.attrs.html?.rowspan) spans = true;
      return !["td", "th"].includes(node.type.name);
    });
    return spans ? null : { around, row, rows, column: state.selection.$from.index(row.depth) };
  };

  const inTable = (work) => (state, dispatch) => {
    const there = cell(state);
    if (!there) return false;
    if (dispatch) dispatch(work(state.tr, there, state.schema.nodes).scrollIntoView());
    return true;
  };

  const offsetOf = (row, column) => {
    let offset = 1;
    for (let at = 0; at < Math.min(column, row.childCount); at += 1) offset += row.child(at).nodeSize;
    return offset;
  };

  const rowAfter = inTable((tr, { row }, nodes) => {
    const cells = Array.from({ length: row.node.childCount }, () => nodes.td.createAndFill());
    return tr.insert(row.at + row.node.nodeSize, nodes.tr.create({ before: row.node.attrs.before }, cells));
  });
  const rowAway = inTable((tr, { row, rows, around }) => (rows.length > 1
    ? tr.delete(row.at, row.at + row.node.nodeSize)
    : tr.delete(around.at, around.at + around.node.nodeSize)));
  const columnAfter = inTable((tr, { rows, column }, nodes) => {
    [...rows].reverse().forEach(({ node, at }) => {
      const head = node.childCount && node.child(Math.min(column, node.childCount - 1)).type.name === "th";
      tr.insert(at + offsetOf(node, column + 1), nodes[head ? "th" : "td"].createAndFill());
    });
    return tr;
  });
  const columnAway = inTable((tr, { rows, column, around }) => {
    if (Math.max(...rows.map(({ node }) => node.childCount)) < 2) {
      return tr.delete(around.at, around.at + around.node.nodeSize);
    }
    [...rows].reverse().forEach(({ node, at }) => {
      const from = at + offsetOf(node, column);
      if (column < node.childCount) tr.delete(from, from + node.child(column).nodeSize);
    });
    return tr;
  });

  // What editing leaves behind and nobody means: bare text where a paragraph belongs, paragraphs in new lists.
  const tidy = new PM.Plugin({
    appendTransaction: (transactions, _old, state) => {
      if (!transactions.some((one) => one.docChanged)) return null;
      const { tr, doc, schema: { nodes } } = state;
      doc.forEach((node, at) => {
        if (node.type === nodes.loose && !node.attrs.bare) tr.setNodeMarkup(at, nodes.p, { before: node.attrs.before });
      });
      doc.descendants((node, at, parent) => {
        const fresh = parent?.type === nodes.li && parent.firstChild === node && node.type === nodes.p;
        if (fresh && parent.attrs.before === null && tr.doc.resolve(at).node(-1)?.attrs.before === null) {
          tr.setNodeMarkup(at, nodes.loose, {});
        }
        return !node.isTextblock;
      });
      return tr.docChanged ? tr : null;
    },
  });

  const rules = (schema) => PM.inputRules({ rules: [
    ...[2, 3, 4].map((level) => PM.textblockTypeInputRule(new RegExp(`^#{${level}}\\s$`), schema.nodes[`h${level}`])),
    PM.wrappingInputRule(/^\s*>\s$/, schema.nodes.blockquote),
    PM.wrappingInputRule(/^\s*[-*]\s$/, schema.nodes.ul),
    PM.wrappingInputRule(/^1\.\s$/, schema.nodes.ol),
    PM.textblockTypeInputRule(/^```$/, schema.nodes.pre),
  ] });

  // What the same keys do anywhere else in the form.
  const save = (_state, dispatch, view) => {
    const { form } = view.dom.closest(".rich").querySelector("textarea");
    if (dispatch) form.requestSubmit(form.querySelector("[data-save]"));
    return true;
  };

  const keys = ({ nodes }) => ({
    "Mod-b": toggle("strong", "b"),
    "Mod-i": toggle("em", "i"),
    "Mod-e": toggle("code", "tt"),
    "Mod-z": PM.undo,
    "Mod-y": PM.redo,
    "Mod-Shift-z": PM.redo,
    "Mod-]": PM.sinkListItem(nodes.li),
    "Mod-[": PM.liftListItem(nodes.li),
    "Shift-Enter": PM.chainCommands(newLine, breakLine),
    "Mod-Enter": PM.chainCommands(PM.exitCode, save),
    Enter: PM.chainCommands(newLine, enter, PM.splitListItem(nodes.li)),
  });

  window.Rich.commands = {
    inside, marked, link, setLink, image, tidy, rules, keys, cell, style,
    strong: { run: toggle("strong", "b"), on: (state) => marked(state, "strong", "b") },
    em: { run: toggle("em", "i"), on: (state) => marked(state, "em", "i") },
    code: { run: toggle("code", "tt"), on: (state) => marked(state, "code", "tt") },
    ul: { run: list("ul"), on: (state) => inside(state, "ul", "ol")?.node.type.name === "ul" },
    ol: { run: list("ol"), on: (state) => inside(state, "ul", "ol")?.node.type.name === "ol" },
    quote: { run: quote, on: (state) => Boolean(inside(state, "blockquote")) },
    rule: { run: rule },
    table: { run: table },
    rowAfter: { run: rowAfter },
    rowAway: { run: rowAway },
    columnAfter: { run: columnAfter },
    columnAway: { run: columnAway },
    undo: { run: PM.undo },
    redo: { run: PM.redo },
  };
})();
