import { expect, test } from "vitest";
import { withPiece, withoutEnded, type AllSending } from "@/lib/live";
import { event } from "@/testing/events";

const NONE: AllSending = new Map();
const piece = (text: string, more: object = {}) => JSON.stringify({ task_id: "t1", text, ...more });

test("pieces of one part are one text", () => {
  const all = withPiece(withPiece(NONE, piece("Hel")), piece("lo"));
  expect(all.get("t1")).toEqual({ part: "text", tool: null, attempt: null, text: "Hello" });
});

test("another part takes the place of the one before, and so does a new beginning", () => {
  const thinking = withPiece(NONE, piece("hm", { part: "reasoning", offset: 0 }));
  const calls = withPiece(thinking, piece("{", { part: "arguments", tool: "finish", offset: 0 }));
  expect(calls.get("t1")).toMatchObject({ part: "arguments", tool: "finish", text: "{" });
  const again = withPiece(calls, piece("{}", { part: "arguments", tool: "finish", offset: 0 }));
  expect(again.get("t1")?.text).toBe("{}");
});

test("another attempt begins anew, also where its beginning was lost", () => {
  const first = withPiece(NONE, piece("old", { attempt: "res_1", offset: 0 }));
  expect(withPiece(first, piece("new", { attempt: "res_2", offset: 3 })).get("t1")?.text).toBe("new");
});

test("what is sent is gone when it became a row, and no sooner", () => {
  const all = withPiece(NONE, piece("Hello"));
  expect(withoutEnded(all, [event(1, "finding", {}, "t1"), event(2, "turn", {}, "t2")])).toBe(all);
  expect(withoutEnded(all, [event(3, "turn", {}, "t1")]).size).toBe(0);
});

test("of a very long text the end is kept", () => {
  const all = withPiece(withPiece(NONE, piece("a".repeat(100_000))), piece("END"));
  expect(all.get("t1")?.text).toHaveLength(100_000);
  expect(all.get("t1")?.text.endsWith("aEND")).toBe(true);
});

test("a piece that is not of a task does no harm", () => {
  expect(withPiece(NONE, "{}")).toBe(NONE);
});
