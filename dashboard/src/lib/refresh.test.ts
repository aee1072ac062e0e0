import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { refreshOnEvents } from "@/lib/refresh";
import { current, take } from "@/lib/store";
import { event } from "@/testing/events";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page that shows the desk, and the answers that are on their way to it. */
function opened() {
  const client = new QueryClient();
  const asked: ((items: number) => void)[] = [];
  const queryFn = () => new Promise<number>((answer) => asked.push(answer));
  const stop = new QueryObserver(client, { queryKey: ["desk"], queryFn }).subscribe(() => undefined);
  const leave = refreshOnEvents(client);
  return {
    asked,
    shown: () => client.getQueryData(["desk"]),
    happens: () => take([event(current().state.seq + 1, "desk", { id: "d1", after: "open" }, "t1")]),
    end: () => [stop, leave].forEach((end) => end()),
  };
}

/** The same, some time after it was opened. */
async function watched() {
  const page = opened();
  page.asked[0]?.(-1);
  await vi.advanceTimersByTimeAsync(5_000);
  page.asked.shift();
  return page;
}

/** What is on its way is waited for, then asked again once, and the newer answer stays. */
async function isAskedOnceMore(page: ReturnType<typeof opened>) {
  await vi.advanceTimersByTimeAsync(5_000);
  expect(page.asked).toHaveLength(1);
  page.asked[0]?.(0);
  await vi.advanceTimersByTimeAsync(300);
  expect(page.asked).toHaveLength(2);
  page.asked[1]?.(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect([page.shown(), page.asked.length]).toEqual([1, 2]);
  page.end();
}

test("what was asked before the log was read is asked once more, when it has come", async () => {
  const page = opened();
  await isAskedOnceMore(page);
});

test("what was asked before an event is asked again when it has come", async () => {
  const page = await watched();
  page.happens();
  await isAskedOnceMore(page);
});

test("events that come faster than answers keep no answer back", async () => {
  const page = await watched();
  page.asked[0]?.(0);
  for (let at = 0; at < 10; at++) {
    page.happens();
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(page.asked).toHaveLength(2);
  page.asked[1]?.(7);
  await vi.advanceTimersByTimeAsync(10);
  expect(page.shown()).toBe(7);
  page.end();
});

test("what nobody shows, or no event makes out of date, is not asked", async () => {
  const page = await watched();
  page.asked[0]?.(0);
  take([event(current().state.seq + 1, "policy", { key: "memory" }, null)]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(page.asked).toHaveLength(1);
  page.end();
});
