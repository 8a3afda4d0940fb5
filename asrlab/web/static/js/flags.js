/** What the flags of texts and words mean, in words for a person who is to decide. */

const FLAGS = {
  truncated: ["Cut off", "The engine stopped before the end of the text: words are missing at the end."],
  repetition: ["Repeats itself", "The engine fell into repeating itself: some of the text was never said."],
  context_echo: ["Echo of the context", "The text is nothing but words of the context that the engine was given."],
  empty: ["No text", "There is speech here, and the engine wrote nothing."],
  not_covered: ["Not covered", "There is speech for which the text has no word."],
  interpolated: ["Time repaired", "The word's times were not heard, but placed between its neighbours."],
  mismatch: ["Not said", "The aligner refused the text: the audio does not say it."],
};

/** Flags come as a list, or as the catalog's comma-separated text. */
export function flagsOf(flags) {
  if (!flags) return [];
  return Array.isArray(flags) ? flags : flags.split(",").filter(Boolean);
}

export const flagTitle = (flag) => FLAGS[flag]?.[0] ?? flag.replaceAll("_", " ");
export const flagMeaning = (flag) => FLAGS[flag]?.[1] ?? "A flag set by an engine or aligner.";
export const knownFlags = () => Object.keys(FLAGS);
