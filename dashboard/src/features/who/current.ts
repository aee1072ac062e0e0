import type { LedgerState, TaskState } from "@/lib/ledger/types";

const FIRST = ["tool", "model", "checking", "parked"];

/** Return the task that a role is at, the most active first; undefined if it is idle. */
export function current(state: LedgerState, role: string): TaskState | undefined {
  const own = Object.values(state.tasks).filter((task) => task.role === role && FIRST.includes(task.doing));
  return own.toSorted(
    (one, other) => FIRST.indexOf(one.doing) - FIRST.indexOf(other.doing) || other.because - one.because,
  )[0];
}
