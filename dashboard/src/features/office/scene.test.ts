import { expect, test } from "vitest";
import { reduce } from "@/lib/ledger/reduce";
import { EMPTY, type LedgerEvent } from "@/lib/ledger/types";
import { ofLog } from "@/lib/ledger/current";
import { BEGIN, event } from "@/testing/events";
import { MAT } from "./plan";
import { scene, type Seen, type Worker } from "./scene";

const LOG: LedgerEvent[] = [
  event(1, "mission", { id: "m1", after: "running" }, null, "vp"),
  event(2, "task", { id: "t1", before: "new", after: "queued" }, "t1", "vp"),
  event(3, "task", { id: "t1", before: "queued", after: "claimed" }, "t1"),
  event(4, "turn", { role: "assistant", tools: ["run_command"] }, "t1"),
  event(5, "finding", { text: "a" }, "t1"),
  event(6, "finding", { text: "b" }, "t1"),
  event(20, "finding", { text: "c" }, "t1"),
  event(21, "receipt", { ok: false, text: "no test" }, "t1", "office"),
  event(22, "desk", { id: "d1", after: "open" }, "t1"),
  event(23, "desk", { id: "d1", before: "open", after: "answered" }, "t1"),
  event(24, "task", { id: "t1", before: "claimed", after: "completed" }, "t1"),
  event(25, "mission", { id: "m1", before: "running", after: "failed", reason: "no money" }, null, "vp"),
];
const at = (seconds: number) => BEGIN + seconds * 1000;

/** The office when `count` of the events had come, at the time of the last, or `later`. */
function seen(count: number, more: Partial<Seen> = {}, roles = ["vp", "engineer"]): Seen {
  const log = reduce(EMPTY, LOG.slice(0, count));
  const people = roles.map((role): Worker => ({
    id: role,
    role,
    name: role,
    away: false,
    seenAt: null,
    at: ofLog(log, role),
  }));
  return {
    people, log, letters: [], typed: new Map(), now: log.at, frozen: false, rehearsal: false,
    mission: { id: "m1", spent: 400_000, limit: 4_000_000, waiting: 0 }, ...more,
  }; // prettier-ignore
}
const of = (drawn: ReturnType<typeof scene>, key: string) => drawn.figures.find((one) => one.key === key);
const keys = (drawn: ReturnType<typeof scene>, kind: string) =>
  drawn.figures.filter((one) => one.kind === kind).map(({ key, count }) => [key, count]);

test("every figure names a row, and every event that it names is in the log", () => {
  for (let count = 0; count <= LOG.length; count++) {
    for (const { because, says } of scene(seen(count)).figures) {
      expect(says).not.toBe("");
      if (because.kind === "event")
        expect(LOG.slice(0, count).map(({ seq }) => String(seq))).toContain(because.id);
      else expect(because).toMatchObject({ kind: "agent" });
    }
  }
});

test("sixty quiet seconds change the clocks and nothing else", () => {
  for (let count = 1; count < LOG.length; count++) {
    const { now, labels, ...before } = scene(seen(count));
    const later = scene(seen(count, { now: now + 60_000 }));
    expect(later.figures).toEqual(before.figures);
    expect(later.desks).toEqual(before.desks);
    const still = (all: typeof labels) => all.map((label) => ({ ...label, clock: "" }));
    expect(still(later.labels)).toEqual(still(labels));
  }
});

test("who waits for the model has an hourglass, and on the screen what was sent and no more", () => {
  const waiting = scene(seen(3, { typed: new Map([["t1", "def total"]]) }));
  expect(of(waiting, "person engineer")).toMatchObject({
    pose: "model",
    typed: "def total",
    because: { id: "3" },
  });
  expect(of(scene(seen(3)), "person engineer")).not.toHaveProperty("typed");
  expect(of(scene(seen(4, { typed: new Map([["t1", "old"]]) })), "person engineer")).not.toHaveProperty(
    "typed",
  );
  expect(scene(seen(3, { now: at(34) })).labels[1]).toMatchObject({ word: "model", clock: "0:31" });
});

test("a tool is in the hands of who has it run, by what it may do", () => {
  expect(of(scene(seen(4)), "person engineer")).toMatchObject({
    pose: "types",
    prop: "prompt",
    because: { id: "4" },
  });
});

test("a burst of entries is one slip with their number, and later ones another", () => {
  expect(keys(scene(seen(6)), "slip")).toEqual([["slip 5", 2]]);
  expect(keys(scene(seen(7)), "slip")).toEqual([
    ["slip 5", 2],
    ["slip 20", 1],
  ]);
});

test("a check that failed is a sheet that came back, until the task ends", () => {
  expect(of(scene(seen(8)), "sheet 21")).toMatchObject({ ok: false });
  expect(of(scene(seen(11)), "sheet 21")).toBeUndefined();
});

test("who asks the CEO stands at the door until it is decided", () => {
  expect(of(scene(seen(9)), "person engineer")).toMatchObject({
    pose: "door",
    because: { kind: "event", id: "22" },
  });
  expect(scene(seen(9, { now: at(52) })).labels[1]).toMatchObject({ tone: "you", clock: "0:30" });
  expect(of(scene(seen(10)), "person engineer")?.pose).not.toBe("door");
});

test("who has ended waits for nobody, though something is left to be decided", () => {
  const left = [...LOG.slice(0, 9), ...LOG.slice(10, 11)]; // asked, and completed with it open
  const log = reduce(EMPTY, left);
  const { figures } = scene({ ...seen(11), log, now: log.at });
  expect(log.desk["d1"]?.status).toBe("open");
  expect(figures.find(({ key }) => key === "person engineer")?.pose).toBe("sits");
});

test("nothing but what waits for the CEO is amber", () => {
  for (const count of [3, 4, 8, 11, 12])
    expect(scene(seen(count)).labels.filter(({ tone }) => tone === "you")).toEqual([]);
});

test("a completed task is a folder on the shelf", () => {
  expect(of(scene(seen(11)), "folder t1")?.because).toEqual({ kind: "event", id: "24" });
});

test("when a mission ends all look at the board for two seconds, and its reason stays there", () => {
  const poses = (later: number) => {
    const { figures } = scene(seen(12, { now: at(25) + later }));
    return figures.filter(({ kind }) => kind === "person").map(({ pose }) => pose);
  };
  expect(poses(1_999)).toEqual(["board", "board"]);
  expect(poses(2_000)).toEqual(["sits", "sits"]);
  const lines = of(scene(seen(12, { now: at(99) })), "board")?.lines;
  expect(lines?.slice(0, 2)).toMatchObject([{ text: "failed", tone: "failed" }, { text: "no money" }]);
});

test("who was not heard of has an empty chair, whatever the row says", () => {
  const away: Worker = {
    id: "e",
    role: "engineer",
    name: "J",
    away: true,
    seenAt: at(1),
    at: ofLog(seen(4).log, "engineer"),
  };
  const drawn = scene(seen(4, { people: [away], now: at(61) }));
  expect(of(drawn, "person engineer")).toMatchObject({ pose: "away", because: { kind: "agent", id: "e" } });
  expect(drawn.labels[0]).toMatchObject({ word: "away", clock: "1:00" });
});

test("a message is a letter on the desk to which it went, from the one where it was written", () => {
  const letters = [{ seq: 7, from: "vp", to: "engineer", missionId: "m1" }];
  const letter = of(scene(seen(4, { letters })), "letter 7 engineer");
  expect(letter).toMatchObject({ because: { id: "7" }, from: { y: expect.any(Number) as number } });
  expect(letter?.x).toBeGreaterThan(letter?.from?.x ?? Infinity);
});

test("twelve have a desk, and the rest are counted", () => {
  const many = Array.from({ length: 21 }, (_, place) => `r${place}`);
  const drawn = scene(seen(1, {}, many));
  expect([drawn.desks.length, drawn.more]).toEqual([12, 9]);
  expect(new Set(drawn.desks.map(({ x, y }) => `${x} ${y}`)).size).toBe(12);
  expect(Math.max(...drawn.labels.map(({ y }) => y)) + 40).toBeLessThan(drawn.height);
});

test("the board says what was spent only where that is known", () => {
  const texts = (spent: number | null) => {
    const drawn = scene(seen(4, { mission: { id: "m1", spent, limit: 4_000_000, waiting: 2 } }));
    return of(drawn, "board")?.lines?.map(({ text }) => text);
  };
  expect(texts(400_000)).toEqual(["0 of 1 done", "$0.40 of $4.00", "2 for you"]);
  expect(texts(null)).toEqual(["0 of 1 done", "2 for you"]);
});

test("without a mission there are people and nothing on the walls", () => {
  const drawn = scene(seen(0, { mission: undefined }));
  expect(drawn.figures.map(({ kind }) => kind)).toEqual(["person", "person"]);
});

test("a message to all lies on each desk but its sender’s, one to the CEO before the door, a newer one upon an older", () => {
  const letter = (seq: number, from: string, to: string) => ({ seq, from, to, missionId: "m1" });
  const staff = ["vp", "engineer", "pm"];
  const drawn = (...letters: ReturnType<typeof letter>[]) =>
    scene(seen(4, { letters }, staff)).figures.filter(({ kind }) => kind === "letter");
  const toAll = drawn(letter(7, "vp", "all"));
  expect(toAll.map(({ key }) => key)).toEqual(["letter 7 engineer", "letter 7 pm"]);
  expect(new Set(toAll.map(({ x }) => x)).size).toBe(2);
  const [toCeo] = drawn(letter(8, "pm", "ceo"));
  expect(toCeo).toMatchObject({ key: "letter 8 ceo", ...MAT, from: { x: expect.any(Number) as number } });
  expect(drawn(letter(9, "ceo", "all")).map(({ key, from }) => [key, from])).toEqual(
    staff.map((role) => [`letter 9 ${role}`, MAT]),
  );
  const both = drawn(letter(7, "vp", "all"), letter(9, "pm", "engineer"));
  expect(both.map(({ key }) => key)).toEqual(["letter 7 pm", "letter 9 engineer"]);
  const many = [1, 2, 3, 4, 5].map((seq) => letter(seq, "vp", seq % 2 ? "engineer" : "pm"));
  expect(drawn(...many).map(({ key }) => key)).toEqual(["letter 4 pm", "letter 5 engineer"]);
  expect(drawn(letter(7, "vp", "nobody"))).toEqual([]);
});
