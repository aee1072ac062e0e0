import { expect, test } from "vitest";
import { recordOf } from "./record";

test("the record says what was done, what passed at once, and what failed", () => {
  expect(recordOf({ done: 0, failed: 0, passed_first_time: 0 })).toBe("no task has ended yet");
  expect(recordOf({ done: 1, failed: 0, passed_first_time: 0 })).toBe(
    "1 task done, 0 of them passed every check at once; 0 failed",
  );
  expect(recordOf({ done: 0, failed: 2, passed_first_time: 0 })).toBe("0 tasks done; 2 failed");
});
