/** What models are sending at this moment, by task. It is not part of the log, and is gone with the answer it becomes. */
import { useSyncExternalStore } from "react";
import type { LedgerEvent } from "@/lib/ledger/types";

export interface Sending {
  /** What it is: words, reasoning, or the arguments of a call. */
  part: string;
  tool: string | null;
  /** Which model call it is of. */
  attempt: string | null;
  text: string;
}

export type AllSending = ReadonlyMap<string, Sending>;

const MOST = 100_000; // of one part's characters; of what is longer the end is kept
const TELL_EVERY = 100;
const ENDS = new Set(["turn", "task"]);

let all: AllSending = new Map();
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Put a piece, as the office sends it, behind what came before; another part, or a new beginning, takes its place. */
export function withPiece(before: AllSending, data: string): AllSending {
  const piece = JSON.parse(data) as Record<string, unknown>;
  const { task_id: task, text, offset } = piece;
  if (typeof task !== "string" || typeof text !== "string") return before;
  const part = typeof piece["part"] === "string" ? piece["part"] : "text";
  const tool = typeof piece["tool"] === "string" && piece["tool"] ? piece["tool"] : null;
  const attempt = typeof piece["attempt"] === "string" ? piece["attempt"] : null;
  const known = before.get(task);
  const isSame = known?.part === part && known.tool === tool && known.attempt === attempt;
  const whole = (isSame && offset !== 0 ? known.text : "") + text;
  return new Map(before).set(task, { part, tool, attempt, text: whole.slice(-MOST) });
}

/** Leave out what became a row. */
export function withoutEnded(before: AllSending, events: readonly LedgerEvent[]): AllSending {
  const ended = events.filter(({ kind, task_id }) => ENDS.has(kind) && task_id && before.has(task_id));
  if (ended.length === 0) return before;
  const after = new Map(before);
  ended.forEach(({ task_id }) => after.delete(task_id ?? ""));
  return after;
}

function set(next: AllSending): void {
  if (next === all) return;
  all = next;
  timer ??= setTimeout(() => {
    timer = undefined;
    listeners.forEach((listener) => listener());
  }, TELL_EVERY);
}

export function takePiece(data: string): void {
  set(withPiece(all, data));
}

export function endPieces(events: readonly LedgerEvent[]): void {
  set(withoutEnded(all, events));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSending(): AllSending {
  return useSyncExternalStore(subscribe, () => all);
}
