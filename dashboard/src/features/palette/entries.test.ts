import { expect, test } from "vitest";
import type { DeskItem, Mission, Report } from "@/lib/api/client";
import { allEntries, find } from "./entries";

const MISSION = { slug: "shop", directive_text: "Build\na shop", status: "running" } as Mission;
const REPORT = { mission_slug: "shop", name: "README", title: "What came of it" } as Report;
const ASKED = { id: "d1", kind: "question", text: "Which country?" } as DeskItem;
const ALL = allEntries([MISSION, { ...MISSION, slug: "old", status: "failed" }], [REPORT], [ASKED]);

test("each entry leads somewhere and has its command", () => {
  expect(ALL.every(({ to, twin }) => to.startsWith("/") && twin.startsWith("ceo "))).toBe(true);
  expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
});

test("what waits for the CEO comes first", () => {
  expect(ALL[0]).toMatchObject({ kind: "desk", to: "/desk#d1", twin: 'ceo answer d1 "…"' });
});

test("each kind of request has the command that decides it", () => {
  const twin = (kind: string) => allEntries([], [], [{ ...ASKED, kind }])[0]?.twin;
  expect(twin("permission")).toBe("ceo approve d1");
  expect(twin("decision")).toBe('ceo run --follows d1 "…"');
});

test("only what is open can be cancelled", () => {
  expect(find(ALL, "cancel").map(({ twin }) => twin)).toEqual(["ceo cancel shop"]);
});

test("all words must be there, in any order, and a name that begins with them is first", () => {
  expect(find(ALL, "shop build").map(({ id }) => id)).toContain("mission shop");
  expect(find(ALL, "mo")[0]?.name).toBe("Money");
  expect(find(ALL, "read shop").map(({ to }) => to)).toEqual(["/reports/shop/README"]);
  expect(find(ALL, "no such thing")).toEqual([]);
});

test("nothing typed is everything, within a bound", () => {
  const many = Array.from({ length: 500 }, (_, at) => ({ ...REPORT, name: `r${at}` }));
  expect(find(allEntries([], many, []), "")).toHaveLength(60);
});
