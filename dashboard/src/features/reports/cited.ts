/** The entries of the trail that a report cites, uncut, as the log has them. */
import type { LedgerEvent } from "@/lib/ledger/types";

export interface Cited {
  ref: string;
  event: LedgerEvent;
  text: string;
  source: string | null;
  mark: string | null;
  sourceId: string | null;
}

export function findCited(events: readonly LedgerEvent[], missionId: string): Map<string, Cited> {
  const found = new Map<string, Cited>();
  for (const event of events) {
    if (event.mission_id !== missionId || event.entry === null || event.entry === undefined) continue;
    const ref = `e${event.entry}`;
    found.set(ref, {
      ref,
      event,
      text: words(event.payload["text"]) ?? "",
      source: words(event.payload["source"]) ?? words(event.payload["url"]),
      mark: words(event.payload["mark"]),
      sourceId: words(event.payload["source_id"]),
    });
  }
  return found;
}

function words(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
