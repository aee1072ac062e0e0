/** What was spent over time, as bars: also the hours and days in which nothing was asked. */
import type { components } from "@/lib/api/schema";

export type MoneySeries = components["schemas"]["MoneySeries"];

export interface Bar {
  at: number;
  cost: number;
  calls: number;
  lost: number;
  /** Of each role, model or mission, the dearest first. */
  parts: { name: string; cost: number }[];
}

const SPAN = { hour: 3_600_000, day: 86_400_000 };
const MOST = 60;

export function barsOf({ by, begin, end, items }: MoneySeries): Bar[] {
  const span = by === "day" ? SPAN.day : SPAN.hour;
  const known = new Map<number, Bar>();
  for (const { at, name, cost_microusd, calls, lost } of items) {
    const time = Date.parse(at);
    const bar = known.get(time) ?? { at: time, cost: 0, calls: 0, lost: 0, parts: [] };
    bar.cost += cost_microusd;
    bar.calls += calls;
    bar.lost += lost;
    bar.parts.push({ name, cost: cost_microusd });
    known.set(time, bar);
  }
  // midnights of a time zone: they follow from those that are there
  const anchor = [...known.keys()][0] ?? Math.floor(Date.parse(end) / span) * span;
  const from = Math.max(Date.parse(begin), Date.parse(end) - (MOST + 1) * span);
  const first = anchor - Math.floor((anchor - from) / span) * span;
  const bars = [...known.values()];
  for (let at = first; at < Date.parse(end); at += span) {
    if (!bars.some((bar) => Math.abs(bar.at - at) < span / 2))
      bars.push({ at, cost: 0, calls: 0, lost: 0, parts: [] });
  }
  bars.forEach((bar) => bar.parts.sort((one, other) => other.cost - one.cost));
  return bars.toSorted((one, other) => one.at - other.at).slice(-MOST);
}
