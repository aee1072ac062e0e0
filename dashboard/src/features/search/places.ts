/** Where a hit is opened on the page. */
import type { components } from "@/lib/api/schema";

export type Hit = components["schemas"]["Hit"];

export function pageOf({ kind, id, mission_slug: slug, name }: Hit): string {
  const part = encodeURIComponent(name);
  if (kind === "memory") return `/memory#${encodeURIComponent(id)}`;
  if (slug === null) return "/missions";
  if (kind === "task") return `/missions/${slug}?task=${encodeURIComponent(id)}`;
  if (kind === "entry") return `/missions/${slug}?at=${encodeURIComponent(id)}`;
  if (kind === "report") return `/reports/${slug}/${part}`;
  if (kind === "source") return `/sources/${encodeURIComponent(id)}`;
  if (kind === "code") return `/code/${slug}/${part}`;
  return `/missions/${slug}`;
}
