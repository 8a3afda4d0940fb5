/** Word-level differences and three-way merges; characters where a script writes no spaces. */

const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const TOKENS = new RegExp(`(?:[${UNSPACED}]\\p{M}*|[^\\s${UNSPACED}]+)\\s*`, "gu");

/** The text cut into tokens that keep the space after them; joining them gives the text back (less what leads). */
export const tokens = (text) => text.match(TOKENS) ?? [];

const bare = (token) => token.trimEnd();

/** The longest common run of tokens, as pairs of positions, in order. */
function common(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && bare(a[start]) === bare(b[start])) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && bare(a[a.length - 1 - end]) === bare(b[b.length - 1 - end])) end += 1;
  const pairs = Array.from({ length: start }, (_, index) => [index, index]);
  pairs.push(...middle(a, b, start, end));
  for (let index = end; index > 0; index -= 1) pairs.push([a.length - index, b.length - index]);
  return pairs;
}

function middle(a, b, start, end) {
  const rows = a.length - start - end;
  const columns = b.length - start - end;
  if (!rows || !columns) return [];
  const width = columns + 1;
  const lengths = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = bare(a[start + i]) === bare(b[start + j])
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (bare(a[start + i]) === bare(b[start + j])) pairs.push([start + i++, start + j++]);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Runs of two texts: [{same, a, b}], `a` and `b` as written; where they are the same, `b` is what is written now. */
export function chunks(aText, bText) {
  const a = tokens(aText);
  const b = tokens(bText);
  const runs = [];
  const add = (same, left, right) => {
    if (!left.length && !right.length) return;
    const last = runs.at(-1);
    if (last?.same && same) {
      last.a += left.join("");
      last.b += right.join("");
    } else runs.push({ same, a: left.join(""), b: right.join("") });
  };
  let [i, j] = [0, 0];
  for (const [x, y] of [...common(a, b), [a.length, b.length]]) {
    add(false, a.slice(i, x), b.slice(j, y));
    if (x < a.length) add(true, [a[x]], [b[y]]);
    [i, j] = [x + 1, y + 1];
  }
  return runs;
}

/**
 * Two changes of one text: [{kind, base, theirs, mine}] where kind is "same", "theirs" (only they changed it),
 * "mine", "both" (the same change) or "conflict".
 */
export function mergeChunks(baseText, theirText, myText) {
  const [base, theirs, mine] = [baseText, theirText, myText].map(tokens);
  const inTheirs = new Map(common(base, theirs));
  const inMine = new Map(common(base, mine));
  const runs = [];
  const add = (kind, parts) => {
    const [b, t, m] = parts.map((part) => part.join(""));
    if (!b && !t && !m) return;
    const last = runs.at(-1);
    if (kind === "same" && last?.kind === "same") runs[runs.length - 1] = { kind, base: last.base + b, theirs: last.theirs + t, mine: last.mine + m };
    else runs.push({ kind, base: b, theirs: t, mine: m });
  };
  let [i, j, k] = [0, 0, 0];
  for (let x = 0; x <= base.length; x += 1) {
    const [y, z] = x === base.length ? [theirs.length, mine.length] : [inTheirs.get(x), inMine.get(x)];
    if (y === undefined || z === undefined) continue;
    const parts = [base.slice(i, x), theirs.slice(j, y), mine.slice(k, z)];
    add(kindOf(parts), parts);
    if (x < base.length) add("same", [[base[x]], [theirs[y]], [mine[z]]]);
    [i, j, k] = [x + 1, y + 1, z + 1];
  }
  return runs;
}

function kindOf(parts) {
  const [base, theirs, mine] = parts.map((part) => part.map(bare).join(" "));
  if (theirs === mine) return theirs === base ? "same" : "both";
  if (theirs === base) return "mine";
  return mine === base ? "theirs" : "conflict";
}

/** Runs joined to one text; a space is put where two words would touch. */
export function joined(parts) {
  let text = "";
  for (const part of parts) {
    if (!part) continue;
    const touches = text && !/\s$/u.test(text) && !/^\s/u.test(part);
    const spaced = touches && !new RegExp(`[${UNSPACED}]\\p{P}*$`, "u").test(text) && !new RegExp(`^[${UNSPACED}]`, "u").test(part);
    text += (spaced ? " " : "") + part;
  }
  return text.trim();
}
