/** The entries of the trail that a report cites, as the ledger has them and not as the report says. */
import type { components } from "@/lib/api/schema";

export type Cited = components["schemas"]["ReportSource"];
export type AllCited = ReadonlyMap<string, Cited>;

export function citedBy(sources: readonly Cited[]): AllCited {
  return new Map(sources.map((source) => [source.ref, source]));
}

/** What is said of an entry beside its name: that another corrects it before where it is from. */
export function saidOf({ mark, corrected_by }: Cited): string {
  return [corrected_by && `corrected by ${corrected_by}`, mark].filter(Boolean).join(", ");
}

/** How many rest on a page that was read and is kept. */
export function countOutside(sources: readonly Cited[]): number {
  return sources.filter(({ page_id }) => page_id !== null && page_id !== undefined).length;
}
