/** Where everything of the score stands: lanes are roles, x is time. In percent of the width. */
import { groupBy } from "@/lib/group";
import type { LedgerState, Moment, Spent, TaskState } from "@/lib/ledger/types";

export interface Bar {
  key: string;
  kind: "model" | "tool";
  x: number;
  width: number;
  open: boolean;
}

export interface Mark extends Omit<Moment, "at"> {
  x: number;
}

export interface Label {
  x: number;
  text: string;
}

export interface Lane {
  role: string;
  bars: Bar[];
  marks: Mark[];
  labels: Label[];
}

/** What was spent, as a line that climbs in steps: `y` is the part of the whole that was spent from `x` on. */
export interface MoneyLine {
  steps: { x: number; y: number }[];
  microusd: number;
}

export interface Layout {
  lanes: Lane[];
  /** Null where the log does not say what an answer cost. */
  money: MoneyLine | null;
  ticks: Label[];
  seconds: number;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
/** How many ticks there may be, and about how wide a label's character is, in percent of the width. */
const WIDE = { ticks: 6, character: 1.25 };
const NARROW = { ticks: 3, character: 3 };
const THINNEST = 0.25;

export function scoreLayout(
  state: LedgerState,
  missionId: string,
  keys: ReadonlyMap<string, string>,
  end: number,
  narrow = false,
): Layout {
  const room = narrow ? NARROW : WIDE;
  const mission = state.missions[missionId];
  if (!mission) return { lanes: [], money: null, ticks: [], seconds: 0 };
  const begin = mission.begunAt;
  const whole = Math.max(end - begin, 1000);
  const tasks = mission.taskIds.flatMap((id) => state.tasks[id] ?? []);
  const at = (time: number) => Math.min(100, Math.max(0, ((time - begin) / whole) * 100));
  const begun = tasks.filter((task) => task.spans.length > 0).toSorted(byBegin);
  const byRole = groupBy(begun, (task) => task.role); // who began first stands first
  const lanes = [...byRole].map(([role, own]) =>
    lane(role, own, { keys, at, end, character: room.character }),
  );
  return {
    lanes: lanes.filter(({ bars }) => bars.length > 0),
    money: moneyLine(mission.spent, at),
    ticks: ticks(whole / 1000, room.ticks),
    seconds: whole / 1000,
  };
}

interface Place {
  keys: ReadonlyMap<string, string>;
  at: (time: number) => number;
  end: number;
  character: number;
}

function lane(role: string, tasks: TaskState[], { keys, at, end, character }: Place): Lane {
  const bars: Bar[] = [];
  const labels: Label[] = [];
  let free = 0;
  for (const task of tasks) {
    for (const span of task.spans) {
      const x = at(span.from);
      const width = Math.max(at(span.to ?? end) - x, THINNEST);
      const last = bars.at(-1);
      if (last && last.kind === span.kind && x - (last.x + last.width) < 0.05) {
        last.width = Math.max(last.width, x + width - last.x);
        last.open ||= span.to === null;
      } else {
        bars.push({ key: `${task.id}-${span.because}`, kind: span.kind, x, width, open: span.to === null });
      }
    }
    const x = at(task.spans[0]?.from ?? 0);
    const text = keys.get(task.id) ?? "";
    if (x >= free && x + text.length * character <= 101) {
      labels.push({ x, text });
      free = x + (text.length + 1) * character;
    }
  }
  const marks = tasks.flatMap((task) =>
    task.moments.map(({ kind, at: time, seq }) => ({ kind, seq, x: at(time) })),
  );
  return { role, bars, marks, labels };
}

/** A step for each place that can be told from the one before: thousands of answers are not thousands of steps. */
function moneyLine(spent: readonly Spent[], at: (time: number) => number): MoneyLine | null {
  const microusd = spent.at(-1)?.microusd;
  if (microusd === undefined) return null;
  const steps: MoneyLine["steps"] = [{ x: 0, y: 0 }];
  for (const one of spent) {
    const step = { x: at(one.at), y: microusd === 0 ? 0 : one.microusd / microusd };
    const last = steps.at(-1);
    if (last && steps.length > 1 && step.x - last.x < THINNEST) last.y = step.y;
    else steps.push(step);
  }
  return { steps, microusd };
}

function byBegin(one: TaskState, other: TaskState): number {
  return (one.spans[0]?.from ?? 0) - (other.spans[0]?.from ?? 0);
}

/** At most so many and one, at round times. */
function ticks(seconds: number, most: number): Label[] {
  const step = STEPS.find((size) => seconds / size <= most) ?? 86_400;
  const count = Math.floor(seconds / step) + 1;
  return Array.from({ length: Math.min(count, most + 1) }, (_, at) => {
    const time = at * step;
    const minutes = `${Math.floor(time / 60) % 60}`;
    const rest = `:${String(time % 60).padStart(2, "0")}`;
    const hours = Math.floor(time / 3600);
    return {
      x: ((at * step) / seconds) * 100,
      text: hours ? `${hours}:${minutes.padStart(2, "0")}${rest}` : `${minutes}${rest}`,
    };
  });
}
