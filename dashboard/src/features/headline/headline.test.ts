import { expect, test } from "vitest";
import type { Doing, Mission, StaffMember } from "@/lib/api/client";
import { headline, type Seen } from "./headline";

const RUNNING = { id: "m1", status: "running", reason: null } as Mission;

function seen(changed: Partial<Seen> = {}): Seen {
  return {
    connection: "live", lostAt: null, waiting: 0, staff: [], missions: [], doing: [], now: 600_000,
    nameOf: (role) => (role === "engineer" ? "Jordan" : role), ...changed,
  }; // prettier-ignore
}

function working(since: number, state = "model"): Doing[] {
  return [{ role: "engineer", state, since: new Date(since).toISOString() } as Doing];
}

test("a lost connection is said before anything else", () => {
  const said = headline(seen({ connection: "lost", lostAt: 0, waiting: 2 }));
  expect(said.text).toMatch(/^Not connected since /);
});

test("who is needed is told so, before how the work goes", () => {
  const said = headline(seen({ waiting: 1, missions: [RUNNING], doing: working(0) }));
  expect(said).toEqual({ text: "One thing waits for you.", tone: "you" });
});

test("the longest wait has a name and a clock", () => {
  const said = headline(seen({ missions: [RUNNING], doing: working(600_000 - 511_000) }));
  expect(said.text).toBe("Nothing waits for you. Jordan has waited for the model for 8:31.");
});

test("a short wait is only work", () => {
  const said = headline(seen({ missions: [RUNNING], doing: working(599_000) }));
  expect(said.text).toBe("Nothing waits for you. One at work.");
});

test("what is parked is not work", () => {
  const ended = { ...RUNNING, status: "succeeded" };
  const said = headline(seen({ missions: [ended], doing: working(0, "parked") }));
  expect(said.text).toBe("Nothing waits for you. The last mission succeeded.");
});

test("who is away with work is named", () => {
  const away = { role: "engineer", online: false, working_on: ["Build"] } as StaffMember;
  expect(headline(seen({ staff: [away] })).text).toContain("Jordan is away");
  expect(headline(seen({ staff: [{ ...away, working_on: [] }] })).text).toMatch(/^Nothing yet/);
});

test("a failure says its reason", () => {
  const failed = { ...RUNNING, status: "failed", reason: "the model refused" };
  expect(headline(seen({ missions: [failed] })).text).toBe("The last mission failed: the model refused");
});
