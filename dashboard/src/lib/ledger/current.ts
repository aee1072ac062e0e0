/** What one of the staff is at: as the office says it now, or as the log said it then. */
import type { Doing } from "@/lib/api/client";
import type { LedgerState } from "@/lib/ledger/types";

/** The row that something is shown for; an `event` has its seq as id. */
export interface Because {
  kind: string;
  id: string;
}

export interface At {
  state: string;
  since: number;
  tools: string[];
  because: Because;
  taskId: string;
  missionId: string;
}

const FIRST = ["tool", "model", "checking", "between", "parked"];

export function rowName({ kind, id }: Because): string {
  return kind === "event" ? `e${id}` : `${kind} ${id}`;
}

export function ofEvent(seq: number): Because {
  return { kind: "event", id: String(seq) };
}

/** Return what the office says of a role, the most active first; undefined if it is idle. */
export function ofOffice(doing: readonly Doing[], role: string): At | undefined {
  const own = doing.filter((one) => one.role === role);
  const first = own.toSorted((one, other) => FIRST.indexOf(one.state) - FIRST.indexOf(other.state))[0];
  if (!first) return undefined;
  return {
    state: first.state,
    since: Date.parse(first.since),
    tools: first.tool ? [first.tool] : [],
    because: first.because,
    taskId: first.task_id,
    missionId: first.mission_id,
  };
}

/** Return what the log says of a role at a moment. */
export function ofLog(state: LedgerState, role: string): At | undefined {
  const own = Object.values(state.tasks).filter((task) => task.role === role && FIRST.includes(task.doing));
  const first = own.toSorted(
    (one, other) => FIRST.indexOf(one.doing) - FIRST.indexOf(other.doing) || other.because - one.because,
  )[0];
  if (!first) return undefined;
  return {
    state: first.doing,
    since: first.since,
    tools: first.tools,
    because: ofEvent(first.because),
    taskId: first.id,
    missionId: first.missionId,
  };
}
