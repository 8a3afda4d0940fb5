/** What the page knows now, who wants to hear of changes, and what the browser remembers of a person's ways. */

const bus = new EventTarget();
const REMEMBERED = "asrlab.review";

/**
 * me: who we are; choices: for the filters; page: the segment shown (as GET /api/segments/ID gives it);
 * blind: null, "second" or "gold"; selected: position of the word selected, or null.
 */
export const state = { me: null, choices: null, page: null, blind: null, selected: null };

export const on = (event, listener) => bus.addEventListener(event, ({ detail }) => listener(detail));
export const emit = (event, detail) => bus.dispatchEvent(new CustomEvent(event, { detail }));

const DEFAULTS = {
  theme: "auto",
  speed: 1,
  loop: false,
  autoplay: true,
  solo: true,
  doubt: 0.7,
  kind: "open",
  filters: {},
  keys: {},
};

function remembered() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") };
  } catch (error) {
    // A browser that keeps nothing (private windows) or kept something else.
    if (error instanceof SyntaxError || error instanceof DOMException) return { ...DEFAULTS };
    throw error;
  }
}

export const settings = remembered();

/** Changes a setting and keeps it for the next visit. */
export function remember(name, value) {
  settings[name] = value;
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(settings));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  emit("setting", name);
}

let drafts = new Map();
const draftsKey = () => `asrlab.drafts.${state.me.person}`;

/** Text typed and not saved outlives a look at another item, and a reload; it belongs to the version it was typed over. */
export function keepDraft(page, text) {
  const base = baseOf(page);
  if (text === null || text === page.current.text) drafts.delete(page.segment_id);
  else drafts.set(page.segment_id, { parentId: base.transcript_id, over: base.text, text });
  try {
    sessionStorage.setItem(draftsKey(), JSON.stringify([...drafts]));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** Takes up what the person had typed in this tab before it was loaded anew. */
export function recallDrafts() {
  try {
    drafts = new Map(JSON.parse(sessionStorage.getItem(draftsKey()) ?? "[]"));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof DOMException)) throw error;
  }
}

const typedOver = (page, { parentId, over }) => [page.current, ...page.versions].find(({ transcript_id: id, text }) => id === parentId && text === over);

/** What was typed at this segment, or null; what was typed over a text that it never had (another catalog's) is none. */
export function draftOf(page) {
  const draft = drafts.get(page.segment_id);
  return draft && typedOver(page, draft) ? draft : null;
}

/** The version that the draft was typed over, which may be older than the current one; without a draft the current one. */
export const baseOf = (page) => {
  const draft = draftOf(page);
  return draft ? typedOver(page, draft) : page.current;
};

/** What was typed at a segment goes along to the one that took its place. */
export function carryDraft(from, page) {
  const draft = draftOf(from);
  if (!draft || draftOf(page)) return false;
  drafts.delete(from.segment_id);
  keepDraft(page, draft.text);
  return true;
}

export const hasDrafts = () => drafts.size > 0;

/** What the current version's confidence says of a word: null, "check" or "doubtful". */
export function doubtOf(word) {
  const sure = word.confidence ?? word.score;
  if (word.flags.includes("mismatch")) return "doubtful";
  if (sure === null || sure === undefined || sure >= settings.doubt) return null;
  return sure < settings.doubt * 0.6 ? "doubtful" : "check";
}
