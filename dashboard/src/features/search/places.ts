/** Where a hit is opened on the page. */
import type { components } from "@/lib/api/schema";

export type Hit = components["schemas"]["Hit"];

export function pageOf(
  { kind, id, mission_slug: slug, name, excerpt }: Hit,
  words: readonly string[],
): string {
  const part = encodeURIComponent(name);
  if (kind === "memory") return `/memory#${encodeURIComponent(id)}`;
  if (slug === null) return "/missions";
  if (kind === "task") return `/missions/${slug}?task=${encodeURIComponent(id)}`;
  if (kind === "entry") return `/missions/${slug}?at=${encodeURIComponent(id)}`;
  if (kind === "report") return `/reports/${slug}/${part}`;
  if (kind === "source") return `/sources/${encodeURIComponent(id)}`;
  if (kind === "code") return `/library/code/${encodeURIComponent(id)}${fileIn(excerpt, words)}`;
  return `/missions/${slug}`;
}

const FILE = /^[^\s…]*[./][^\s….,:;]*[^\s….,:;/]$/;

/** Of code a description and the names of its files are searched: the first name with a word in it is opened. */
function fileIn(excerpt: string, words: readonly string[]): string {
  const found = excerpt
    .split(/\s+/)
    .find((one) => FILE.test(one) && words.some((word) => one.toLowerCase().includes(word.toLowerCase())));
  return found ? `?${new URLSearchParams({ path: found }).toString()}` : "";
}
