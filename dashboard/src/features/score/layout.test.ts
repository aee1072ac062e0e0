import { expect, test } from "vitest";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY } from "@/lib/ledger/types";
import { BEGIN, event } from "@/testing/events";
import { scoreLayout } from "./layout";

const KEYS = new Map([
  ["t1", "plan"],
  ["t2", "mvp"],
]);
const STATE = reduce(EMPTY, [
  event(1, "mission", { id: "m1", after: "planning" }, null, "vp"),
  event(2, "task", { id: "t2", before: "new", after: "queued" }, "t2", "vp"),
  event(3, "task", { id: "t1", before: "new", after: "claimed" }, "t1", "vp"),
  event(6, "turn", { role: "assistant", tools: ["submit_plan"] }, "t1", "vp"),
  event(8, "receipt", { ok: false, text: "no" }, "t1", "office"),
  event(9, "task", { id: "t2", before: "queued", after: "claimed" }, "t2"),
]);
const END = BEGIN + 11_000;

test("lanes are roles in the order in which they began", () => {
  const { lanes } = scoreLayout(STATE, "m1", KEYS, END);
  expect(lanes.map((lane) => lane.role)).toEqual(["vp", "engineer"]);
  expect(lanes[0]?.labels).toEqual([{ x: 20, text: "plan" }]);
});

test("a bar is as long as the call took, and what is open grows until now", () => {
  const { lanes } = scoreLayout(STATE, "m1", KEYS, END);
  expect(lanes[0]?.bars[0]).toMatchObject({ kind: "model", x: 20, width: 30, open: false });
  expect(lanes[0]?.bars[1]).toMatchObject({ kind: "tool", x: 50, width: 20 });
  expect(lanes[1]?.bars.at(-1)).toMatchObject({ kind: "model", x: 80, width: 20, open: true });
});

test("a missing receipt stands where the program looked", () => {
  expect(scoreLayout(STATE, "m1", KEYS, END).lanes[0]?.marks).toEqual([{ kind: "missing", seq: 8, x: 70 }]);
});

test("times are round, and few", () => {
  const { ticks } = scoreLayout(STATE, "m1", KEYS, BEGIN + 1000 + 27 * 60_000);
  expect(ticks.map((tick) => tick.text)).toEqual(["0:00", "5:00", "10:00", "15:00", "20:00", "25:00"]);
});

test("where there is little room there are fewer times, and no name that does not fit", () => {
  const keys = new Map([...KEYS, ["t2", "go-to-market"]]);
  const long = BEGIN + 1000 + 27 * 60_000;
  expect(scoreLayout(STATE, "m1", keys, long, true).ticks.map((tick) => tick.text)).toEqual([
    "0:00",
    "10:00",
    "20:00",
  ]);
  const named = (narrow: boolean) =>
    scoreLayout(STATE, "m1", keys, END, narrow).lanes.map((lane) => lane.labels.length);
  expect([named(false), named(true)]).toEqual([
    [1, 1],
    [1, 0],
  ]);
});

test("an unknown mission has no score", () => {
  expect(scoreLayout(STATE, "m2", KEYS, END).lanes).toEqual([]);
});

test("the line of money climbs with each answer to all that was spent", () => {
  const answer = (seq: number, cost: number) =>
    event(seq, "turn", { role: "assistant", tools: [], cost_microusd: cost }, "t1", "vp");
  const state = reduce(STATE, [answer(9.5, 100), answer(10, 0), answer(10.01, 300)]);
  expect(scoreLayout(state, "m1", KEYS, END).money).toEqual({
    steps: [
      { x: 0, y: 0 },
      { x: 85, y: 0.25 },
      { x: 90, y: 1 },
    ],
    microusd: 400,
  });
  expect(scoreLayout(STATE, "m1", KEYS, END).money).toBeNull();
});

test("a mission whose answers cost nothing has a line that stays at the bottom", () => {
  const free = reduce(STATE, [event(9.5, "turn", { role: "assistant", cost_microusd: 0 }, "t1", "vp")]);
  expect(scoreLayout(free, "m1", KEYS, END).money).toEqual({
    steps: [
      { x: 0, y: 0 },
      { x: 85, y: 0 },
    ],
    microusd: 0,
  });
});
