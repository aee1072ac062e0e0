import { expect, test } from "vitest";
import { isOpen } from "@/lib/ledger/types";
import { CHOICES, choiceOf } from "./choices";

test("an address names a choice, or all missions", () => {
  expect(choiceOf("failed")).toBe("failed");
  expect(["toString", "", "x", null].map(choiceOf)).toEqual(["all", "all", "all", "all"]);
});

test("what has not ended is open, and each status is in one choice", () => {
  expect(CHOICES.open.statuses.every((status) => isOpen({ status }))).toBe(true);
  const statuses = Object.values(CHOICES).flatMap((choice) => [...choice.statuses]);
  expect(new Set(statuses).size).toBe(statuses.length);
  expect(statuses.filter((status) => !isOpen({ status }))).toEqual(["succeeded", "failed", "cancelled"]);
});
