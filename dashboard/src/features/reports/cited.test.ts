import { expect, test } from "vitest";
import { citedBy, countOutside, saidOf, type Cited } from "./cited";

const ENTRY: Cited = {
  ref: "e7",
  seq: 70,
  by: "pm",
  kind: "finding",
  text: "They pay.",
  source: null,
  task_id: "t1",
  at: "2026-11-01T12:00:00Z",
  mark: "own knowledge",
  passage: null,
  page_id: null,
  page_url: null,
  corrected_by: null,
};

test("an entry is found by its name, and only those that the ledger has", () => {
  const all = citedBy([ENTRY, { ...ENTRY, ref: "e8" }]);
  expect(all.get("e8")?.seq).toBe(70);
  expect(all.get("e999")).toBeUndefined();
});

test("that it was corrected is said before where it is from", () => {
  expect(saidOf(ENTRY)).toBe("own knowledge");
  expect(saidOf({ ...ENTRY, corrected_by: "e9" })).toBe("corrected by e9, own knowledge");
  expect(saidOf({ ...ENTRY, mark: "" })).toBe("");
});

test("from outside is what rests on a page that was read, whatever its author names as source", () => {
  const named = { ...ENTRY, source: "https://example.com" };
  expect(countOutside([named, { ...named, page_id: "src_1", page_url: "https://example.com" }])).toBe(1);
});
