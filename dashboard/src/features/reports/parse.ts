/** A report's file: its front matter, the author's own text, and what the program appended, which is never shown from it. */

export interface ReportText {
  body: string;
  sources: string[];
}

const FRONT = /^---\n([\s\S]*?)\n---\n/;
const SOURCES = /^sources: \[(.*)\]$/m;
const FOOTER = "\n---\n\n*From here on written by the program, from the ledger.*";
const LISTED = "\n## Sources\n\n*Listed by the program, from the mission's trail.*";

/** Cut off what the program wrote: it stands last, so what a model forged before stays with the author's words. */
export function parseReport(text: string, isSummary: boolean): ReportText {
  const front = FRONT.exec(text);
  const sources = (SOURCES.exec(front?.[1] ?? "")?.[1] ?? "").split(",").flatMap((ref) => ref.trim() || []);
  let body = text.slice(front?.[0].length ?? 0);
  if (sources.length > 0) body = before(body, LISTED);
  if (isSummary) body = before(body, FOOTER);
  return { body: body.trim(), sources };
}

function before(text: string, heading: string): string {
  const at = text.lastIndexOf(heading);
  return at < 0 ? text : text.slice(0, at);
}
