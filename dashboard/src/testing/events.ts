/** Events for tests: one a second, of one mission. */
import type { LedgerEvent } from "@/lib/ledger/types";

export const BEGIN = Date.parse("2026-11-01T12:00:00Z");

export function event(
  seq: number,
  kind: string,
  payload: Record<string, unknown>,
  taskId: string | null,
  author = "engineer",
): LedgerEvent {
  return {
    seq,
    kind,
    author,
    payload,
    mission_id: "m1",
    task_id: taskId,
    created_at: new Date(BEGIN + seq * 1000).toISOString(),
    entry: null,
    replaces: null,
  };
}
