/** A text in parts: those that are the words which were looked for, and what is between them. */
export function marked(text: string, words: readonly string[]): { text: string; hit: boolean }[] {
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return [{ text, hit: false }]; // a letter whose small form is longer
  const parts: { text: string; hit: boolean }[] = [];
  let from = 0;
  while (from < text.length) {
    const next = words
      .map((word) => ({ at: lower.indexOf(word.toLowerCase(), from), length: word.length }))
      .filter(({ at, length }) => at >= 0 && length > 0)
      .toSorted((one, other) => one.at - other.at || other.length - one.length)[0];
    if (!next) break;
    if (next.at > from) parts.push({ text: text.slice(from, next.at), hit: false });
    parts.push({ text: text.slice(next.at, next.at + next.length), hit: true });
    from = next.at + next.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: false });
  return parts;
}
