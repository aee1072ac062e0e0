import { expect, test } from "vitest";
import { NOTHING, requestOf, wrongWith } from "./wishes";

test("what was left open is left out of the request", () => {
  expect(requestOf({ ...NOTHING, text: " Compare note apps\n" })).toEqual({
    text: "Compare note apps",
    ask: true,
    quote: false,
  });
});

test("every wish is in the request", () => {
  const wishes = {
    text: "Mend it",
    limit: "2.50",
    playbook: "existing-code",
    asks: false,
    quote: true,
    repository: " /srv/app ",
    testCommand: "python3 -m pytest",
  };
  expect(requestOf(wishes)).toEqual({
    text: "Mend it",
    ask: false,
    quote: true,
    budget_microusd: 2_500_000,
    playbook: "existing-code",
    repository: "/srv/app",
    test_command: "python3 -m pytest",
  });
  expect(wrongWith(wishes)).toBeNull();
});

test("what the office would refuse is said before", () => {
  expect(wrongWith({ ...NOTHING, limit: "4,50" })).toMatch(/dollars/);
  expect(wrongWith({ ...NOTHING, text: "x".repeat(20_001) })).toMatch(/20,001/);
  expect(wrongWith({ ...NOTHING, testCommand: "pytest" })).toMatch(/where that code is/);
  expect(wrongWith(NOTHING)).toBeNull();
});
