import { afterEach, expect, test, vi } from "vitest";
import { fetched } from "@/lib/lazily";

afterEach(() => {
  vi.useRealTimers();
});

test("a part that does not come at once is asked for again", async () => {
  vi.useFakeTimers();
  const ask = vi.fn().mockRejectedValueOnce(new Error("network changed")).mockResolvedValue("part");
  const part = fetched(ask);
  await vi.advanceTimersByTimeAsync(499);
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await part).toBe("part");
});

test("a part that never comes is given up after four tries", async () => {
  vi.useFakeTimers();
  const ask = vi.fn().mockRejectedValue(new Error("gone"));
  const part = expect(fetched(ask)).rejects.toThrow("gone");
  await vi.advanceTimersByTimeAsync(10_000);
  await part;
  expect(ask).toHaveBeenCalledTimes(4);
});
