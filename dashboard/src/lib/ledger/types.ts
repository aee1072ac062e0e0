/** What the page knows of the log. Everything here follows from events alone. */
import type { components } from "@/lib/api/schema";

export type LedgerEvent = components["schemas"]["Event"];

/** What a task is doing: which row says so, and since when. */
export type Doing = "waiting" | "queued" | "model" | "tool" | "checking" | "parked" | "ended";

/** A stretch of time in which a model call was open or tools ran. `to` is null while it lasts. */
export interface Span {
  kind: "model" | "tool";
  from: number;
  to: number | null;
  because: number;
  tools: string[];
}

/** A moment on a lane: a receipt that holds or not, an entry of the trail, or a conversation that was summed up. */
export interface Moment {
  kind: "receipt" | "missing" | "entry" | "compaction";
  at: number;
  seq: number;
}

export interface TaskState {
  id: string;
  missionId: string;
  role: string;
  status: string;
  doing: Doing;
  since: number;
  because: number;
  tools: string[];
  spans: Span[];
  moments: Moment[];
}

export interface MissionState {
  id: string;
  status: string;
  reason: string | null;
  begunAt: number;
  endedAt: number | null;
  since: number;
  because: number;
  taskIds: string[];
  spent: Spent[];
}

export interface DeskState {
  id: string;
  missionId: string | null;
  taskId: string | null;
  status: string;
  since: number;
  because: number;
}

/** What a mission had spent from a moment on, in micro-USD, by the answers of its models. */
export interface Spent {
  at: number;
  microusd: number;
}

export interface LedgerState {
  seq: number;
  at: number;
  count: number;
  missions: Readonly<Record<string, MissionState>>;
  tasks: Readonly<Record<string, TaskState>>;
  desk: Readonly<Record<string, DeskState>>;
}

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** Whether a mission goes on: someone works on it, or it waits for a signature. */
export function isOpen({ status }: { status: string }): boolean {
  return !ENDED.has(status);
}

export const EMPTY: LedgerState = { seq: 0, at: 0, count: 0, missions: {}, tasks: {}, desk: {} };
