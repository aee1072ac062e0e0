import { expect, test } from "vitest";
import { pageOf, type Hit } from "./places";

const HIT = { id: "x/1", mission_slug: "shop", name: "a b" } as Hit;

test("a hit opens where it stands", () => {
  const at = (kind: string) => pageOf({ ...HIT, kind });
  expect(at("mission")).toBe("/missions/shop");
  expect(at("task")).toBe("/missions/shop?task=x%2F1");
  expect(at("entry")).toBe("/missions/shop?at=x%2F1");
  expect(at("report")).toBe("/reports/shop/a%20b");
  expect(at("source")).toBe("/sources/x%2F1");
  expect(at("code")).toBe("/code/shop/a%20b");
  expect(pageOf({ ...HIT, kind: "memory", mission_slug: null })).toBe("/memory#x%2F1");
});
