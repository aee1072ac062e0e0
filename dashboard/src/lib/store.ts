/** What this tab knows of the log, and whether it still hears of it. */
import { useSyncExternalStore } from "react";
import { setClock } from "@/lib/clock";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, type LedgerEvent, type LedgerState } from "@/lib/ledger/types";
import type { Connection } from "@/lib/stream/follow";

export interface Company {
  state: LedgerState;
  events: readonly LedgerEvent[];
  connection: Connection;
  lostAt: number | null;
  lostSeq: number;
}

type Heard = (events: readonly LedgerEvent[]) => void;

let company: Company = { state: EMPTY, events: [], connection: "connecting", lostAt: null, lostSeq: 0 };
const listeners = new Set<() => void>();
const hearing = new Set<Heard>();

function publish(change: Partial<Company>): void {
  company = { ...company, ...change };
  listeners.forEach((listener) => listener());
}

/** Take in events; those that are known are passed over. */
export function take(events: readonly LedgerEvent[]): void {
  const fresh = events.filter((event) => event.seq > company.state.seq);
  const newest = fresh.at(-1);
  if (!newest) return;
  const age = Date.now() - Date.parse(newest.created_at);
  if (age < -1000) setClock(newest.created_at); // an event cannot be of the future: this browser's clock is behind
  publish({ state: reduce(company.state, fresh), events: company.events.concat(fresh) });
  hearing.forEach((heard) => heard(fresh));
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
