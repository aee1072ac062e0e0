/** Where code is opened on the page: a repository, at a commit, in a folder or at a file. */

export interface CodePlace {
  /** Of a commit; left out: the newest. */
  sha?: string | undefined;
  folder?: string | undefined;
  path?: string | undefined;
}

/** The address of a place; what is empty is left out. */
export function placeInCode(repository: string, { sha, folder, path }: CodePlace = {}): string {
  const query = new URLSearchParams();
  if (sha) query.set("sha", sha);
  if (folder) query.set("folder", folder);
  if (path) query.set("path", path);
  const tail = query.toString();
  return `/library/code/${encodeURIComponent(repository)}${tail ? `?${tail}` : ""}`;
}

/** The folder that a file is in; empty at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Each folder on the way to one, the outermost first. */
export function wayTo(folder: string): { name: string; folder: string }[] {
  const parts = folder.split("/").filter(Boolean);
  return parts.map((name, at) => ({ name, folder: parts.slice(0, at + 1).join("/") }));
}

/** How many lines a text has; an end of line at its end begins none. */
export function lineCount(text: string): number {
  const ends = text.split("\n").length;
  return text.endsWith("\n") ? ends - 1 : ends;
}
