// What the editor of rich text needs of ProseMirror, as one file that a page can load.
export { baseKeymap, chainCommands, exitCode, lift, setBlockType, splitBlock, toggleMark, wrapIn } from "prosemirror-commands";
export { dropCursor } from "prosemirror-dropcursor";
export { gapCursor } from "prosemirror-gapcursor";
export { history, redo, undo } from "prosemirror-history";
export { InputRule, inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
export { keymap } from "prosemirror-keymap";
export { DOMParser, Fragment, Mark, Node, Schema, Slice } from "prosemirror-model";
export { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
export { EditorState, NodeSelection, Plugin, PluginKey, Selection, TextSelection } from "prosemirror-state";
export { canSplit, findWrapping, liftTarget } from "prosemirror-transform";
export { EditorView } from "prosemirror-view";
