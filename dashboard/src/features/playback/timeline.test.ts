import { expect, test } from "vitest";
import { BEGIN, event } from "@/testing/events";
import { advance, countUntil, step, steps, taskTimes } from "./timeline";

const TIMES = [0, 1000, 1000, 2000, 62_000, 63_000];

test("an event is there from its moment on", () => {
  expect(countUntil(TIMES, -1)).toBe(0);
  expect(countUntil(TIMES, 0)).toBe(1);
  expect(countUntil(TIMES, 999)).toBe(1);
  expect(countUntil(TIMES, 1000)).toBe(3);
  expect(countUntil(TIMES, 99_000)).toBe(6);
});

test("sixty times as fast, a mission of a minute takes a second", () => {
  expect(advance(TIMES, 0, 1000, 60, false)).toBe(60_000);
  expect(advance(TIMES, 0, 1050, 60, false)).toBe(63_000);
  expect(advance(TIMES, 0, 99_000, 60, false)).toBe(63_000);
});

test("a folded silence takes a second of watching, whatever the speed, and what is no silence its time", () => {
  expect(advance(TIMES, 0, 2000, 1, true)).toBe(2000);
  expect(advance(TIMES, 2000, 500, 1, true)).toBe(32_000);
  expect(advance(TIMES, 2000, 1000, 1, true)).toBe(62_000);
  expect(advance(TIMES, 2000, 500, 4, true)).toBe(32_000);
});

test("a step goes to the next moment and back", () => {
  expect(step(TIMES, 0, 1)).toBe(1000);
  expect(step(TIMES, 1000, 1)).toBe(2000);
  expect(step(TIMES, 2000, -1)).toBe(1000);
  expect(step(TIMES, 1000, -1)).toBe(0);
  expect(step(TIMES, 0, -1)).toBe(0);
  expect(step(TIMES, 63_000, 1)).toBe(63_000);
});

test("a large step goes from one change of a task to the next", () => {
  const events = [event(1, "mission", {}, null), event(2, "turn", {}, "t1"), event(5, "task", {}, "t1")];
  expect(taskTimes(events)).toEqual([BEGIN + 1000, BEGIN + 5000]);
});

test("event by event, each takes half a second, and nothing of the time is lost between frames", () => {
  expect(steps(499, 1)).toEqual({ count: 0, left: 499 });
  expect(steps(1200, 1)).toEqual({ count: 2, left: 200 });
  expect(steps(1200, 4)).toEqual({ count: 9, left: 75 });
});
