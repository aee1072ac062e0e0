import { expect, test } from "vitest";
import { describe, matters } from "./describe";
import { event } from "@/testing/events";

const TITLES = new Map([["t1", "Build the MVP"]]);
const nameOf = (role: string) => (role === "engineer" ? "Jordan" : role);

test("a completed task says who and what", () => {
  const line = describe(event(1, "task", { id: "t1", after: "completed" }, "t1"), nameOf, TITLES);
  expect(line).toMatchObject({ who: "Jordan", what: "completed", text: "Build the MVP", shape: "●" });
});

test("a task whose title is not known is named by its mission, and a mission by its directive", () => {
  const titles = new Map([["m1", "Compare three note apps"]]);
  const line = (kind: string, task: string | null) =>
    describe(event(1, kind, { id: "x", after: "completed" }, task), nameOf, titles).text;
  expect(line("task", "t9")).toBe("a task of: Compare three note apps");
  expect(line("mission", null)).toBe("Compare three note apps");
});

test("a receipt is the program's, and one that is missing looks different", () => {
  const held = describe(event(1, "receipt", { ok: true, text: "7 tests passed" }, "t1"), nameOf, TITLES);
  const missing = describe(event(2, "receipt", { ok: false, text: "no commit" }, "t1"), nameOf, TITLES);
  expect(held).toMatchObject({ who: "Program", what: "receipt holds", shape: "▣", evidence: true });
  expect(missing).toMatchObject({ what: "receipt missing", shape: "▢", tone: "failed" });
});

test("what waits on the desk is marked as yours, and no longer once it is decided", () => {
  const open = describe(event(1, "desk", { id: "d", after: "open" }, "t1"), nameOf, TITLES);
  const done = describe(event(2, "desk", { id: "d", after: "answered" }, "t1"), nameOf, TITLES);
  expect(open).toMatchObject({ tone: "you", what: "needs you" });
  expect(done).toMatchObject({ tone: "quiet", who: "You", what: "answered" });
});

test("a kind that this page does not know is still shown", () => {
  const line = describe(event(1, "weather", { text: "rain" }, null), nameOf, TITLES);
  expect(line).toMatchObject({ what: "weather", text: "rain" });
  expect(matters(event(1, "weather", {}, null))).toBe(true);
});

test("a worker that came or left is one of somebody's", () => {
  const left = { worker: "engineer-2", move: "left", seen_at: "2026-11-01T12:00:00Z" };
  expect(describe(event(1, "worker", left, null), nameOf, TITLES)).toMatchObject({
    who: "Jordan",
    shape: "┄",
    what: "worker left",
    text: "engineer-2",
  });
  const came = describe(event(2, "worker", { ...left, move: "came" }, null), nameOf, TITLES);
  expect(came).toMatchObject({ shape: "·", what: "worker came" });
  expect(matters(event(1, "worker", left, null))).toBe(true);
});

test("what every step writes is left out unless it is asked for", () => {
  expect(matters(event(1, "turn", {}, "t1"))).toBe(false);
  expect(matters(event(1, "task", { after: "queued" }, "t1"))).toBe(false);
  expect(matters(event(1, "task", { after: "failed" }, "t1"))).toBe(true);
});

test("a conversation that was summed up says how far, and a message whom it went to", () => {
  const summed = { compaction_id: "c", until: 40, chars: 900, summed_up: true };
  expect(describe(event(1, "compaction", summed, "t1"), nameOf, TITLES)).toMatchObject({
    who: "Jordan",
    what: "conversation summed up",
    text: "up to turn 40 in 900 characters, by a model: Build the MVP",
  });
  const listed = describe(event(1, "compaction", { ...summed, summed_up: false }, null), nameOf, TITLES);
  expect(listed.text).toBe("up to turn 40 in 900 characters, listed by the program");
  const sent = { v: 1, id: "msg", from: "vp", to: "engineer", type: "conversation" };
  expect(describe(event(2, "message", sent, "t1", "vp"), nameOf, TITLES)).toMatchObject({
    who: "vp",
    what: "wrote to Jordan",
  });
});
