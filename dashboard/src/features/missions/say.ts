/** The command of `ceo` that says the same. */

/** A word for a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function sayTwin(mission: string, to: string, text: string): string {
  return `ceo say ${shellWord(mission)} ${shellWord(to)} ${text.trim() ? shellWord(text.trim()) : '"…"'}`;
}
