import { expect, test } from "vitest";
import { FRAME, LATE, figureAt, onTheWay, setOut } from "./motion";
import type { Figure, Scene } from "./scene";

function one(key: string, x: number, from?: { x: number; y: number }): Figure {
  const because = { kind: "event", id: "1" };
  return {
    key,
    kind: "slip",
    x,
    y: 0,
    w: 8,
    h: 8,
    because,
    says: key,
    missionId: undefined,
    ...(from ? { from } : {}),
  };
}
function drawn(...figures: Figure[]): Scene {
  return { height: 100, desks: [], figures, labels: [], now: 0, frozen: false, rehearsal: false, more: 0 };
}

test("what is new sets out from where it was made, and what moved from where it was", () => {
  const starts = setOut(
    drawn(one("a", 0), one("b", 5)),
    drawn(one("a", 40), one("b", 5), one("c", 9, { x: 1, y: 1 })),
  );
  expect([...starts]).toEqual([
    ["a", { x: 0, y: 0 }],
    ["c", { x: 1, y: 1 }],
  ]);
});

test("at first everything is in its place already", () => {
  expect(setOut(undefined, drawn(one("c", 9, { x: 1, y: 1 }))).size).toBe(0);
});

test("nothing moves while it is frozen", () => {
  expect(setOut(drawn(one("a", 0)), { ...drawn(one("a", 40)), frozen: true }).size).toBe(0);
});

test("the picture is at most 300 ms late, then it is where the truth is", () => {
  const after = drawn(one("a", 40));
  const starts = setOut(drawn(one("a", 0)), after);
  const x = (age: number) => onTheWay(after, starts, age).figures[0]?.x ?? -1;
  expect(x(0)).toBe(0);
  expect(x(100)).toBeGreaterThan(10);
  expect(x(100)).toBeLessThan(x(200));
  expect(onTheWay(after, starts, LATE)).toBe(after);
  expect(LATE).toBeLessThanOrEqual(300);
  expect(FRAME).toBeGreaterThanOrEqual(1000 / 12);
});

test("what lies on top is found first, and nothing where nothing is", () => {
  const picture = drawn(one("a", 0), one("b", 4));
  expect(figureAt(picture, 5, 5)?.key).toBe("b");
  expect(figureAt(picture, 1, 1)?.key).toBe("a");
  expect(figureAt(picture, 12, 1)).toBeUndefined();
  expect(figureAt(picture, 1, 8)).toBeUndefined();
});
