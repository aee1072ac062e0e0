import { expect, test } from "vitest";
import { barsOf, type MoneySeries } from "./slices";

const item = (at: string, name: string, cost: number) =>
  ({ at, name, of: name, cost_microusd: cost, calls: 1, lost: 0 }) as MoneySeries["items"][number];
const series = (items: MoneySeries["items"], by = "hour", end = "2026-11-01T13:30:00Z") =>
  ({ by, of: "agent", begin: "2026-11-01T09:30:00Z", end, time_zone: "UTC", items }) as MoneySeries;

test("an hour in which nothing was asked is an empty bar", () => {
  const bars = barsOf(series([item("2026-11-01T10:00:00Z", "pm", 5), item("2026-11-01T12:00:00Z", "pm", 7)]));
  expect(bars.map(({ cost }) => cost)).toEqual([5, 0, 7, 0]);
});

test("what several spent in an hour is one bar, the dearest named first", () => {
  const [bar] = barsOf(
    series([item("2026-11-01T10:00:00Z", "pm", 5), item("2026-11-01T10:00:00Z", "vp", 9)]),
  );
  expect(bar).toMatchObject({ cost: 14, calls: 2 });
  expect(bar?.parts.map(({ name }) => name)).toEqual(["vp", "pm"]);
});

test("days begin at the midnights of the company's zone, also where one has 23 hours", () => {
  const days = [item("2026-03-28T23:00:00Z", "pm", 1), item("2026-03-29T22:00:00Z", "pm", 2)];
  const bars = barsOf({ ...series(days, "day", "2026-03-30T10:00:00Z"), begin: "2026-03-28T22:00:00Z" });
  expect(bars.map(({ cost }) => cost)).toEqual([1, 2]);
});

test("of a long time the end is shown", () => {
  expect(barsOf({ ...series([]), begin: "2026-01-01T00:00:00Z" })).toHaveLength(60);
});
