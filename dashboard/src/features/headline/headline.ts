/** The one sentence at the top: the first thing that holds, of those that a CEO would want to know first. */
import type { Doing, Mission, StaffMember } from "@/lib/api/client";
import { duration, howMany, money, oneLine, plural, timeOfDay } from "@/lib/format";
import { isOpen, type LedgerState } from "@/lib/ledger/types";
import type { Connection } from "@/lib/stream/follow";

export interface Seen {
  connection: Connection;
  lostAt: number | null;
  waiting: number;
  staff: readonly StaffMember[];
  missions: readonly Mission[];
  doing: readonly Doing[];
  now: number;
  nameOf: (role: string) => string;
}

export interface Headline {
  text: string;
  tone: "you" | "failed" | "plain";
}

const LONG_WAIT = 20_000;

export function headline(seen: Seen): Headline {
  const newest = seen.missions[0];
  return (
    ofConnection(seen) ??
    ofDesk(seen) ??
    (newest?.status === "failed" ? failed(newest) : null) ??
    ofAway(seen) ??
    ofWork(seen) ??
    (newest && !isOpen(newest) ? ended(newest) : null) ?? {
      text: newest ? "The company is at work." : "Nothing yet. Give the first directive.",
      tone: "plain",
    }
  );
}

function ofConnection({ connection, lostAt }: Seen): Headline | null {
  if (connection !== "lost" || lostAt === null) return null;
  return { text: `Not connected since ${timeOfDay(lostAt)}.`, tone: "failed" };
}

function ofDesk({ waiting }: Seen): Headline | null {
  if (waiting === 0) return null;
  return {
    text: `${howMany(waiting)} ${waiting === 1 ? "thing waits" : "things wait"} for you.`,
    tone: "you",
  };
}

function failed(mission: Mission): Headline {
  return {
    text: `The last mission failed: ${oneLine(mission.reason ?? "no reason is known", 160)}`,
    tone: "failed",
  };
}

function ofAway({ staff, nameOf }: Seen): Headline | null {
  const away = staff.filter((member) => !member.online && member.working_on.length > 0);
  const first = away[0];
  if (!first) return null;
  return {
    text: `${nameOf(first.role)} is away; what ${nameOf(first.role)} worked on waits.`,
    tone: "failed",
  };
}

function ofWork({ doing, now, nameOf }: Seen): Headline | null {
  const busy = doing.filter((one) => one.state !== "parked");
  if (busy.length === 0) return null;
  const longest = busy.reduce((first, one) =>
    Date.parse(one.since) < Date.parse(first.since) ? one : first,
  );
  const waits = now - Date.parse(longest.since);
  if (longest.state === "model" && waits >= LONG_WAIT) {
    return {
      text: `Nothing waits for you. ${nameOf(longest.role)} has waited for the model for ${duration(waits)}.`,
      tone: "plain",
    };
  }
  const who = new Set(busy.map((one) => one.role));
  return { text: `Nothing waits for you. ${howMany(who.size)} at work.`, tone: "plain" };
}

function ended(mission: Mission): Headline {
  return { text: `Nothing waits for you. The last mission ${mission.status}.`, tone: "plain" };
}

/** The line below: how far, how dear, how long since anything was written. */
export function progress(mission: Mission, state: LedgerState, now: number): string {
  const tasks = Object.values(state.tasks).filter((task) => task.missionId === mission.id);
  const done = tasks.filter((task) => task.status === "completed").length;
  const spent = `${money(mission.spent_microusd)} of ${money(mission.limit_microusd)} is spent`;
  const held = mission.reserved_microusd ? `, ${money(mission.reserved_microusd)} held` : "";
  const last = state.seq ? ` Last event: e${state.seq}, ${duration(now - state.at)} ago.` : "";
  const far = tasks.length
    ? `${done} of ${plural(tasks.length, "task")} so far ${done === 1 ? "is" : "are"} done; `
    : "";
  return `${far}${spent}${held}.${last}`;
}
