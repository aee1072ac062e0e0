import { expect, test } from "vitest";
import { placeOf } from "./place";
import type { Figure } from "./scene";

const FIGURE = { because: { kind: "event", id: "7" }, taskId: "t1" } as Figure;

test("a figure leads to the moment, the task, the desk or the person that caused it", () => {
  expect(placeOf(FIGURE, "shop")).toBe("/missions/shop?at=7&task=t1");
  expect(placeOf({ ...FIGURE, because: { kind: "reservation", id: "res_1" } }, "shop")).toBe(
    "/missions/shop?task=t1",
  );
  expect(placeOf({ ...FIGURE, pose: "door" }, "shop")).toBe("/desk");
  expect(placeOf({ ...FIGURE, because: { kind: "agent", id: "vp" } }, "shop")).toBe("/team");
  expect(placeOf(FIGURE, undefined)).toBe("/team");
});
