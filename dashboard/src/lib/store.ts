/** What this tab knows of the log, and whether it still hears of it. */
import { useSyncExternalStore } from "react";
import type { Doing } from "@/lib/api/client";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, type LedgerEvent, type LedgerState } from "@/lib/ledger/types";
import type { Connection } from "@/lib/stream/follow";

export interface Company {
  /** What is true of what is open now. What has ended long ago is in its mission's own log. */
  state: LedgerState;
  /** The end of the log, without a gap. */
  events: readonly LedgerEvent[];
  begun: boolean;
  /** Who does what, as the office says it. */
  doing: readonly Doing[];
  connection: Connection;
  lostAt: number | null;
  lostSeq: number;
}

type Heard = (events: readonly LedgerEvent[]) => void;

let company: Company = {
  state: EMPTY,
  events: [],
  begun: false,
  doing: [],
  connection: "connecting",
  lostAt: null,
  lostSeq: 0,
};
const listeners = new Set<() => void>();
const hearing = new Set<Heard>();

function publish(change: Partial<Company>): void {
  company = { ...company, ...change };
  listeners.forEach((listener) => listener());
}

/** Begin with the end of the log, and with older events of what is open still. */
export function begin(tail: readonly LedgerEvent[], older: readonly LedgerEvent[]): void {
  const first = tail[0]?.seq ?? Infinity;
  const before = older.filter((event) => event.seq < first).toSorted((one, other) => one.seq - other.seq);
  publish({ state: reduce(reduce(EMPTY, before), tail), events: tail, begun: true });
}

/** Take in events; those that are known are passed over. */
export function take(events: readonly LedgerEvent[]): void {
  const fresh = events.filter((event) => event.seq > company.state.seq);
  if (fresh.length === 0) return;
  publish({ state: reduce(company.state, fresh), events: company.events.concat(fresh) });
  hearing.forEach((heard) => heard(fresh));
}

/** Put older events before those that are known. What is true now does not change by them. */
export function putBefore(events: readonly LedgerEvent[]): void {
  const first = company.events[0]?.seq ?? Infinity;
  publish({ events: events.filter((event) => event.seq < first).concat(company.events) });
}

export function setDoing(doing: readonly Doing[]): void {
  publish({ doing });
}

export function setConnection(connection: Connection): void {
  if (connection === company.connection) return;
  const lost = connection === "lost";
  publish({
    connection,
    lostAt: lost ? Date.now() : company.lostAt,
    lostSeq: lost ? company.state.seq : company.lostSeq,
  });
}

export function current(): Company {
  return company;
}

/** Call `heard` with what is new in the log. Returns how to stop. */
export function onEvents(heard: Heard): () => void {
  hearing.add(heard);
  return () => hearing.delete(heard);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useCompany(): Company {
  return useSyncExternalStore(subscribe, current);
}
