/** Where playback is: a place on the real clock, which may run faster, and pass over silences. */
import type { LedgerEvent } from "@/lib/ledger/types";

export const SPEEDS = [1, 4, 16, 60] as const;
export type Speed = (typeof SPEEDS)[number];

const SILENCE = 10_000; // a longer pause is a silence
const STEP = 500; // how long an event takes where each takes as long
export const SHORT = 10_000; // too short to be watched in its own time
const FOLDED = 1_000; // and takes so long when it is folded

/** Return how many of the events were there at `time`. */
export function countUntil(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return where playback is after `passed` milliseconds of watching from `time` on. */
export function advance(
  times: readonly number[],
  time: number,
  passed: number,
  speed: Speed,
  fold: boolean,
): number {
  const end = times.at(-1) ?? time;
  let [at, left] = [time, passed * speed];
  while (left > 0 && at < end) {
    const next = times[countUntil(times, at)] ?? end;
    const gap = next - at;
    const pace = fold && gap > SILENCE ? gap / FOLDED / speed : 1; // a silence takes FOLDED of watching, at any speed
    if (left * pace < gap) return at + left * pace;
    left -= gap / pace;
    at = next;
  }
  return Math.min(at, end);
}

/** Return how many steps `passed` milliseconds of watching are when each event takes as long, and what is left of them. */
export function steps(passed: number, speed: Speed): { count: number; left: number } {
  const count = Math.floor((passed * speed) / STEP);
  return { count, left: passed - (count * STEP) / speed };
}

/** Return the time of the event after, or before, `time`; `time` if there is none. */
export function step(times: readonly number[], time: number, by: 1 | -1): number {
  const count = countUntil(times, time);
  if (by === 1) return times[count] ?? time;
  const here = times[count - 1];
  const before = times.findLast((other) => here !== undefined && other < here);
  return before ?? times[0] ?? time;
}

/** Return the times at which a task changed its state: what one steps through in large steps. */
export function taskTimes(events: readonly LedgerEvent[]): number[] {
  return timesOf(events.filter(({ kind }) => kind === "task" || kind === "mission"));
}

export function timesOf(events: readonly LedgerEvent[]): number[] {
  return events.map((event) => Date.parse(event.created_at));
}
