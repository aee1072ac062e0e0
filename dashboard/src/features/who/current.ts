/** What one of the staff is at: as the office says it now, or as the log said it then. */
import type { Doing } from "@/lib/api/client";
import type { LedgerState } from "@/lib/ledger/types";

export interface At {
  state: string;
  since: number;
  what: string;
  because: string;
}

const FIRST = ["tool", "model", "checking", "between", "parked"];

/** Return what the office says of a role, the most active first; undefined if it is idle. */
export function ofOffice(doing: readonly Doing[], role: string): At | undefined {
  const own = doing.filter((one) => one.role === role);
  const first = own.toSorted((one, other) => FIRST.indexOf(one.state) - FIRST.indexOf(other.state))[0];
  if (!first) return undefined;
  return {
    state: first.state,
    since: Date.parse(first.since),
    what: first.tool ?? "",
    because: `${first.because.kind} ${first.because.id}`,
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
    what: first.tools.join(", "),
    because: `e${first.because}`,
  };
}
