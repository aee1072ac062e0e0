/** What lies and hangs in the office: slips on cork, folders on the shelf, checked sheets, letters. */
import { ofEvent } from "@/lib/ledger/current";
import type { LedgerState, MissionState, TaskState } from "@/lib/ledger/types";
import { MAT, MOST_FOLDERS, MOST_SLIPS, folderAt, slipAt, type Point } from "./plan";
import type { Figure, Worker } from "./scene";

/** A message from one role to another, to `all`, or to the CEO. */
export interface Letter {
  seq: number;
  from: string;
  to: string;
  missionId: string | null;
}

type Desks = ReadonlyMap<string, Point>;
const BURST = 2_000; // entries that one role leaves within this time are one slip
const MOST_LETTERS = 3;
const CEO = "ceo";
const EVERYBODY = "all";

interface Burst {
  role: string;
  seq: number;
  last: number;
  count: number;
}

function tasksOf(log: LedgerState, mission: MissionState | undefined): TaskState[] {
  return (mission?.taskIds ?? []).flatMap((id) => log.tasks[id] ?? []);
}

export function slips(log: LedgerState, mission: MissionState | undefined, deskOf: Desks): Figure[] {
  const entries = tasksOf(log, mission)
    .flatMap((task) =>
      task.moments.filter(({ kind }) => kind === "entry").map((moment) => ({ ...moment, role: task.role })),
    )
    .toSorted((one, other) => one.seq - other.seq);
  const bursts: Burst[] = [];
  for (const { role, seq, at } of entries) {
    const open = bursts.findLast((burst) => burst.role === role);
    if (open && at - open.last <= BURST) Object.assign(open, { last: at, count: open.count + 1 });
    else bursts.push({ role, seq, last: at, count: 1 });
  }
  const first = Math.max(0, bursts.length - MOST_SLIPS);
  return bursts.slice(first).map(({ role, seq, count }, place) => ({
    ...slipAt((first + place) % MOST_SLIPS),
    key: `slip ${seq}`,
    kind: "slip",
    w: 8,
    h: 9,
    because: ofEvent(seq),
    says: `${count === 1 ? "An entry" : `${count} entries`} of the trail, from ${role} (e${seq})`,
    missionId: mission?.id,
    role,
    count,
    ...from(deskOf.get(role)),
  }));
}

export function folders(log: LedgerState, mission: MissionState | undefined, deskOf: Desks): Figure[] {
  const done = tasksOf(log, mission)
    .filter((task) => task.status === "completed")
    .toSorted((one, other) => one.because - other.because);
  const first = Math.max(0, done.length - MOST_FOLDERS);
  return done.slice(first).map((task, place) => ({
    ...folderAt((first + place) % MOST_FOLDERS),
    key: `folder ${task.id}`,
    kind: "folder",
    w: 3,
    h: 11,
    because: ofEvent(task.because),
    says: `A task that ${task.role} completed (e${task.because})`,
    missionId: mission?.id,
    taskId: task.id,
    role: task.role,
    ...from(deskOf.get(task.role)),
  }));
}

/** On the desk of who works: what the program found when it looked last. */
export function receipts(people: readonly Worker[], log: LedgerState, deskOf: Desks): Figure[] {
  return people.flatMap(({ role, at, away }) => {
    const desk = deskOf.get(role);
    const looked =
      at && log.tasks[at.taskId]?.moments.findLast(({ kind }) => kind === "receipt" || kind === "missing");
    if (!desk || !looked || away) return [];
    const ok = looked.kind === "receipt";
    return {
      x: desk.x + 18,
      y: desk.y + 12,
      key: `sheet ${looked.seq}`,
      kind: "sheet",
      w: 6,
      h: 7,
      because: ofEvent(looked.seq),
      says: ok ? `The program checked, and it holds (e${looked.seq})` : `It was returned (e${looked.seq})`,
      missionId: at.missionId,
      taskId: at.taskId,
      ok,
    };
  });
}

/** The last letters, where they came: one to all lies on every desk but its sender's, one to the CEO before the door. */
export function letters(all: readonly Letter[], deskOf: Desks): Figure[] {
  const places = new Map([...deskOf].map(([role, desk]) => [role, { x: desk.x + 1, y: desk.y + 13 }]));
  places.set(CEO, MAT);
  return all.slice(-MOST_LETTERS).flatMap(({ seq, from: sender, to, missionId }, at, last) =>
    [...places].flatMap(([role, place]) => {
      const came = (letter: Letter) =>
        letter.to === role || (letter.to === EVERYBODY && role !== CEO && role !== letter.from);
      if (!came({ seq, from: sender, to, missionId }) || last.slice(at + 1).some(came)) return [];
      return {
        ...place,
        key: `letter ${seq} ${role}`,
        kind: "letter",
        w: 8,
        h: 6,
        because: ofEvent(seq),
        says: `A message from ${sender} to ${to} (e${seq})`,
        missionId: missionId ?? undefined,
        ...(sender === CEO ? { from: MAT } : from(deskOf.get(sender))),
      };
    }),
  );
}

function from(desk: Point | undefined): { from?: Point } {
  return desk ? { from: { x: desk.x + 20, y: desk.y + 10 } } : {};
}
