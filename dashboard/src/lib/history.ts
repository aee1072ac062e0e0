/** The log as it was before this page was opened. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, ask, type Mission } from "@/lib/api/client";
import { setClock } from "@/lib/clock";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, isOpen, type LedgerEvent, type LedgerState } from "@/lib/ledger/types";
import { begin, current, putBefore, setDoing, take, useCompany } from "@/lib/store";

const PAGE = 500;

/** Return all events after a seq, of one mission if it is named. */
async function readLog(after: number, mission?: string): Promise<LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  for (let from: number | null | undefined = after; from !== null && from !== undefined;) {
    const query: { after: number; limit: number; mission?: string } = { after: from, limit: PAGE };
    if (mission !== undefined) query.mission = mission;
    const page = await ask(api.GET("/api/log", { params: { query } }));
    events.push(...page.items);
    from = page.next;
  }
  return events;
}

/** Begin with the end of the log, and with all of the missions that are open. */
export async function readStart(): Promise<void> {
  const [end, missions, now] = await Promise.all([
    ask(api.GET("/api/log", { params: { query: { limit: PAGE } } })),
    ask(api.GET("/api/missions", { params: { query: { limit: 50 } } })),
    ask(api.GET("/api/now")),
  ]);
  const open = missions.items.filter(isOpen);
  const older = await Promise.all(open.map((mission) => readLog(0, mission.slug)));
  setClock(now.at);
  setDoing(now.doing ?? []);
  begin(end.items, older.flat());
}

/** Read on from the last event that this page knows. */
export async function catchUp(): Promise<void> {
  take(await readLog(current().state.seq));
}

let reading = false;

/** Read what is before the first event that this page knows. Returns without it if that is the first of all. */
export async function readFurtherBack(): Promise<void> {
  const first = current().events[0]?.seq;
  if (reading || first === undefined || first <= 1) return;
  reading = true;
  try {
    const page = await ask(api.GET("/api/log", { params: { query: { before: first, limit: PAGE } } }));
    putBefore(page.items);
  } finally {
    reading = false;
  }
}

export interface MissionLog {
  events: readonly LedgerEvent[];
  state: LedgerState;
}

const NONE: MissionLog = { events: [], state: EMPTY };

/** The whole log of a mission, as it goes on, and what follows from it. Undefined until it is here. */
export function useMissionLog(mission: Pick<Mission, "id" | "slug"> | undefined): MissionLog | undefined {
  const { events: tail, begun } = useCompany();
  const read = useQuery({
    queryKey: ["log", mission?.id],
    queryFn: () => readLog(0, mission?.slug),
    enabled: mission !== undefined && begun, // from then on what comes is kept
    staleTime: Infinity,
  }).data;
  const id = mission?.id;
  return useMemo(() => {
    if (id === undefined) return NONE;
    if (!read) return undefined;
    const last = read.at(-1)?.seq ?? 0;
    const since = tail.filter((event) => event.seq > last && event.mission_id === id);
    const events = since.length > 0 ? read.concat(since) : read;
    return { events, state: reduce(EMPTY, events) };
  }, [id, read, tail]);
}
