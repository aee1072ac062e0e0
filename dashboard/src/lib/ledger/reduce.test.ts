import { expect, test } from "vitest";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, type LedgerEvent } from "@/lib/ledger/types";
import { BEGIN, event } from "@/testing/events";

const LOG: LedgerEvent[] = [
  event(1, "mission", { id: "m1", after: "planning" }, null, "vp"),
  event(2, "task", { id: "t1", before: "new", after: "queued" }, "t1", "vp"),
  event(3, "task", { id: "t1", before: "queued", after: "claimed" }, "t1"),
  event(6, "turn", { turn_id: "u1", n: 1, role: "assistant", tools: ["run_command"] }, "t1"),
  event(8, "finding", { text: "it works" }, "t1"),
  event(9, "turn", { turn_id: "u2", n: 3, role: "assistant", tools: ["finish"] }, "t1"),
  event(10, "receipt", { receipt_id: "r1", kind: "tests", ok: false, text: "no test" }, "t1", "office"),
  event(12, "receipt", { receipt_id: "r2", kind: "tests", ok: true, text: "7 tests" }, "t1", "office"),
  event(12.5, "desk", { id: "d1", after: "open" }, "t1"),
  event(13, "task", { id: "t1", before: "claimed", after: "completed" }, "t1"),
  event(14, "mission", { id: "m1", before: "planning", after: "succeeded" }, null, "vp"),
];
const at = (seconds: number) => BEGIN + seconds * 1000;

test("a claimed task waits for the model until its answer comes, and its tools run until they leave something", () => {
  const task = reduce(EMPTY, LOG).tasks["t1"];
  expect(task?.spans.slice(0, 3)).toEqual([
    { kind: "model", from: at(3), to: at(6), because: 3, tools: [] },
    { kind: "tool", from: at(6), to: at(8), because: 6, tools: ["run_command"] },
    { kind: "model", from: at(8), to: at(9), because: 8, tools: [] },
  ]);
});

test("what a task is doing names the row that says so", () => {
  const waiting = reduce(EMPTY, LOG.slice(0, 3)).tasks["t1"];
  expect(waiting).toMatchObject({ doing: "model", since: at(3), because: 3, role: "engineer" });
  const running = reduce(EMPTY, LOG.slice(0, 4)).tasks["t1"];
  expect(running).toMatchObject({ doing: "tool", because: 6, tools: ["run_command"] });
});

test("an ended task does nothing, and nothing of it is open", () => {
  const task = reduce(EMPTY, LOG).tasks["t1"];
  expect(task).toMatchObject({ doing: "ended", status: "completed", because: 13 });
  expect(task?.spans.every((span) => span.to !== null)).toBe(true);
});

test("receipts that hold, that are missing, and entries are moments", () => {
  const task = reduce(EMPTY, LOG).tasks["t1"];
  expect(task?.moments.map(({ kind, seq }) => [kind, seq])).toEqual([
    ["entry", 8],
    ["missing", 10],
    ["receipt", 12],
  ]);
});

test("a mission knows its tasks, and when it ended", () => {
  const mission = reduce(EMPTY, LOG).missions["m1"];
  expect(mission).toMatchObject({ status: "succeeded", begunAt: at(1), endedAt: at(14), taskIds: ["t1"] });
});

test("what waits for the CEO is known by its state", () => {
  expect(reduce(EMPTY, LOG).desk["d1"]).toMatchObject({ status: "open", taskId: "t1", because: 12.5 });
});

test("a batch that comes twice, or in parts, makes the same state", () => {
  const whole = reduce(EMPTY, LOG);
  expect(reduce(whole, LOG)).toBe(whole);
  const parts = LOG.reduce((state, one) => reduce(state, [one]), EMPTY);
  expect(parts).toEqual(whole);
  expect(whole).toMatchObject({ seq: 14, count: LOG.length });
});

test("the state before is never changed", () => {
  const before = reduce(EMPTY, LOG.slice(0, 4));
  const copy = structuredClone(before);
  reduce(before, LOG);
  expect(before).toEqual(copy);
});

test("an event of an unknown task or kind does no harm", () => {
  const state = reduce(EMPTY, [
    event(1, "turn", { role: "assistant", tools: ["x"] }, "t9"),
    event(2, "new", {}, null),
  ]);
  expect(state.tasks).toEqual({});
  expect(state.seq).toBe(2);
});

test("a conversation that is summed up is a moment, and the model is asked on", () => {
  const summed = event(7, "compaction", { compaction_id: "c1", until: 5, chars: 900, summed_up: true }, "t1");
  const task = reduce(EMPTY, [...LOG.slice(0, 4), summed]).tasks["t1"];
  expect(task?.moments).toEqual([{ kind: "compaction", at: at(7), seq: 7 }]);
  expect(task).toMatchObject({ doing: "model", because: 7 });
});

test("a mission's answers add up, those that do not say what they cost are left out, and no state before changes", () => {
  const answer = (seq: number, cost: number | undefined) =>
    event(
      seq,
      "turn",
      { role: "assistant", tools: [], ...(cost !== undefined && { cost_microusd: cost }) },
      "t1",
    );
  const begun = reduce(EMPTY, LOG.slice(0, 3));
  const state = reduce(begun, [answer(4, 300), answer(5, undefined), answer(6, 0), answer(7, 50)]);
  expect(state.missions["m1"]?.spent).toEqual([
    { at: at(4), microusd: 300 },
    { at: at(6), microusd: 300 },
    { at: at(7), microusd: 350 },
  ]);
  expect(begun.missions["m1"]?.spent).toEqual([]);
  expect(reduce(state, [answer(7, 50)])).toBe(state);
});
