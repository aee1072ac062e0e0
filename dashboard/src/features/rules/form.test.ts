import { expect, test } from "vitest";
import { changesOf, fieldsOf, typedOf, valueOf, type Field } from "./form";

const FORM = {
  properties: {
    spend: { enum: ["allow", "ask", "deny"], type: "string" },
    use: { type: "boolean" },
    verified_share: { type: "number", minimum: 0, maximum: 1 },
    above_usd: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }] },
    by: { type: "string", maxLength: 64 },
    reports: { type: "array", items: { type: "string" } },
    rest: { type: "object" },
  },
};
const field = (name: string) => fieldsOf(FORM).find((one) => one.name === name) as Field;

test("each field takes what its schema says", () => {
  expect(fieldsOf(FORM).map(({ kind }) => kind)).toEqual([
    "choice",
    "switch",
    "number",
    "number",
    "text",
    "list",
    "json",
  ]);
  expect(field("spend").choices).toEqual(["allow", "ask", "deny"]);
  expect(field("verified_share")).toMatchObject({ least: 0, most: 1, empty: false });
  expect(field("above_usd")).toMatchObject({ least: 0, empty: true });
  expect(fieldsOf(undefined)).toEqual([]);
});

test("what is typed becomes the value, and what is none is not sent", () => {
  expect(valueOf(field("verified_share"), "0.5")).toBe(0.5);
  expect(valueOf(field("verified_share"), "")).toBeUndefined();
  expect(valueOf(field("verified_share"), "much")).toBeUndefined();
  expect(valueOf(field("above_usd"), " ")).toBeNull();
  expect(valueOf(field("use"), "true")).toBe(true);
  expect(valueOf(field("use"), "false")).toBe(false);
  expect(valueOf(field("reports"), "market, prices,")).toEqual(["market", "prices"]);
  expect(valueOf(field("reports"), " ")).toEqual([]);
  expect(valueOf(field("rest"), '{"a": 1}')).toEqual({ a: 1 });
  expect(valueOf(field("rest"), "a")).toBeUndefined();
  expect(valueOf(field("by"), "")).toBe("");
});

test("a value is typed as it is read back", () => {
  for (const [name, value] of Object.entries({
    use: true,
    verified_share: 0.25,
    above_usd: null,
    reports: ["a", "b"],
    rest: { a: [1] },
  }))
    expect(valueOf(field(name), typedOf(field(name), value))).toEqual(value);
});

test("a change is told by what changed, and by nothing else", () => {
  const before = { spend: "ask", read: "allow", by: "", above_usd: null, use: true, ci_files: [] };
  const after = { ...before, spend: "deny", above_usd: 5, use: false, ci_files: ["a", "b"] };
  expect(changesOf(before, after)).toEqual([
    "spend: ask → deny",
    "above USD: not set → 5",
    "use: yes → no",
    "CI files: none → a, b",
  ]);
  expect(changesOf(before, before)).toEqual([]);
});
