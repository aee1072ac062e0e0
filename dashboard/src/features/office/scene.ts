/** The office as it is drawn: from what is known to figures. Pure, and each figure names the row that caused it. */
import { duration, money } from "@/lib/format";
import { ofEvent, rowName, type At, type Because } from "@/lib/ledger/current";
import type { LedgerState, MissionState } from "@/lib/ledger/types";
import { BOARD, MOST_DESKS, PERSON, deskAt, heightOf, queueAt, type Point } from "./plan";
import { propOf, type Prop } from "./tools";
import { folders, letters, receipts, slips, type Letter } from "./things";

export interface Worker {
  id: string;
  role: string;
  name: string;
  away: boolean;
  /** When it was heard of last. */
  seenAt: number | null;
  at: At | undefined;
}

export interface Shown {
  id: string;
  /** Null where it is not known, as at a moment of the past. */
  spent: number | null;
  limit: number;
  waiting: number;
}

export interface Seen {
  people: readonly Worker[];
  log: LedgerState;
  /** The mission whose work hangs on the walls. */
  mission: Shown | undefined;
  letters: readonly Letter[];
  /** What the model has sent so far, by task. */
  typed: ReadonlyMap<string, string>;
  now: number;
  /** Not connected: it stands still, as it was then. */
  frozen: boolean;
  rehearsal: boolean;
}

export type Pose = "sits" | "model" | "types" | "checks" | "parked" | "board" | "door" | "away";
export type Tone = "ink" | "quiet" | "live" | "holds" | "you" | "failed";

export interface Figure extends Point {
  key: string;
  kind: "person" | "slip" | "folder" | "sheet" | "letter" | "board";
  w: number;
  h: number;
  because: Because;
  says: string;
  /** Whose mission and task it is about: where a click leads. */
  missionId: string | undefined;
  taskId?: string;
  role?: string;
  pose?: Pose;
  prop?: Prop;
  typed?: string;
  count?: number;
  ok?: boolean;
  lines?: { text: string; tone: Tone }[];
  /** Where it comes from, if it is new. */
  from?: Point;
}

/** A name at a desk, with what its owner is at and for how long: only `clock` changes while nothing happens. */
export interface Label extends Point {
  name: string;
  word: string;
  tone: Tone;
  clock: string;
}

export interface Scene {
  height: number;
  desks: Point[];
  figures: Figure[];
  labels: Label[];
  now: number;
  frozen: boolean;
  rehearsal: boolean;
  /** How many of the staff have no desk in the picture. */
  more: number;
}

const FACE_BOARD = 2_000;
const WORDS: Record<Pose, [word: string, tone: Tone]> = {
  sits: ["idle", "quiet"],
  model: ["model", "live"],
  types: ["tool", "live"],
  checks: ["checked", "live"],
  parked: ["waits", "quiet"],
  board: ["", "quiet"],
  door: ["asks", "you"],
  away: ["away", "quiet"],
};
const SAYS: Record<Pose, string> = {
  sits: "is idle",
  model: "waits for the model",
  types: "has a tool run",
  checks: "is being checked by the program",
  parked: "waits for somebody else",
  board: "looks at the board: the mission has ended",
  door: "stands at your door with a request",
  away: "is away",
};
const POSES: Record<string, Pose> = {
  model: "model",
  tool: "types",
  checking: "checks",
  between: "sits",
  parked: "parked",
};

export function scene(seen: Seen): Scene {
  const people = seen.people.slice(0, MOST_DESKS);
  const mission = seen.mission && seen.log.missions[seen.mission.id];
  const deskOf = new Map(people.map((worker, place) => [worker.role, deskAt(place)]));
  const asking = visitors(seen);
  const drawn = people.map((worker, place) => person(worker, place, seen, mission, asking));
  return {
    height: heightOf(people.length),
    desks: people.map((_, place) => deskAt(place)),
    figures: [
      ...(mission && seen.mission ? [board(seen.mission, mission, seen.log)] : []),
      ...slips(seen.log, mission, deskOf),
      ...folders(seen.log, mission, deskOf),
      ...drawn.map(({ figure }) => figure),
      ...receipts(people, seen.log, deskOf),
      ...letters(seen.letters, deskOf),
    ],
    labels: drawn.map(({ label }) => label),
    now: seen.now,
    frozen: seen.frozen,
    rehearsal: seen.rehearsal,
    more: Math.max(0, seen.people.length - MOST_DESKS),
  };
}

/** Who stands at the CEO's door, the longest first, and which event sent them there. */
function visitors({ log }: Seen): { role: string; seq: number; since: number; missionId: string | null }[] {
  return Object.values(log.desk)
    .filter((item) => item.status === "open")
    .toSorted((one, other) => one.because - other.because)
    .flatMap((item) => {
      const task = item.taskId ? log.tasks[item.taskId] : undefined;
      return task && task.doing !== "ended" // what a mission leaves to be decided keeps nobody waiting
        ? [{ role: task.role, seq: item.because, since: item.since, missionId: item.missionId }]
        : [];
    });
}

function person(
  worker: Worker,
  place: number,
  seen: Seen,
  mission: MissionState | undefined,
  asking: ReturnType<typeof visitors>,
): { figure: Figure; label: Label } {
  const desk = deskAt(place);
  const turn = asking.findIndex((one) => one.role === worker.role);
  const asks = asking[turn];
  const ended = mission && endedJustNow(mission, seen.now) ? mission : undefined;
  const pose = poseOf(worker, asks !== undefined, ended !== undefined);
  const because = causeOf(worker, pose, asks?.seq ?? ended?.because);
  const standing = pose === "door";
  const figure: Figure = {
    ...(standing ? queueAt(turn) : { x: desk.x + PERSON.x, y: desk.y }),
    key: `person ${worker.role}`,
    kind: "person",
    w: standing ? PERSON.w : 42,
    h: standing ? 25 : 26,
    because,
    says: `${worker.name} ${SAYS[pose]} (${rowName(because)})`,
    missionId: asks?.missionId ?? worker.at?.missionId,
    role: worker.role,
    pose,
    ...atWork(worker, pose, seen.typed),
  };
  return { figure, label: label(worker, pose, desk, sinceOf(worker, pose, asks?.since), seen.now) };
}

function endedJustNow({ endedAt }: MissionState, now: number): boolean {
  return endedAt !== null && now - endedAt < FACE_BOARD;
}

/** The row behind a pose: the event that led there, what the office says of the work, or who they are. */
function causeOf(worker: Worker, pose: Pose, seq: number | undefined): Because {
  if (seq !== undefined && (pose === "door" || pose === "board")) return ofEvent(seq);
  return (pose === "away" ? undefined : worker.at?.because) ?? { kind: "agent", id: worker.id };
}

/** What lies in their hands and stands on their screen. */
function atWork({ at }: Worker, pose: Pose, typed: Seen["typed"]): Partial<Figure> {
  if (!at) return {};
  const text = pose === "model" ? typed.get(at.taskId) : undefined;
  return {
    taskId: at.taskId,
    ...(pose === "types" ? { prop: propOf(at.tools[0]) } : {}),
    ...(text ? { typed: text } : {}),
  };
}

/** The first that holds: what needs the CEO, who is away, what has just ended, what they are at. */
function poseOf(worker: Worker, asks: boolean, ended: boolean): Pose {
  if (asks) return "door";
  if (worker.away) return "away";
  if (ended) return "board";
  return POSES[worker.at?.state ?? ""] ?? "sits";
}

function sinceOf(worker: Worker, pose: Pose, asked: number | undefined): number | null {
  if (pose === "door") return asked ?? null;
  if (pose === "away") return worker.seenAt;
  return pose === "board" ? null : (worker.at?.since ?? null);
}

function label(worker: Worker, pose: Pose, desk: Point, since: number | null, now: number): Label {
  const [usual, tone] = WORDS[pose];
  const word = pose === "sits" && worker.at ? "at work" : usual;
  return { ...desk, name: worker.name, word, tone, clock: since === null ? "" : duration(now - since) };
}

function board(shown: Shown, mission: MissionState, log: LedgerState): Figure {
  const tasks = mission.taskIds.flatMap((id) => log.tasks[id] ?? []);
  const done = tasks.filter((task) => task.status === "completed").length;
  const lines: NonNullable<Figure["lines"]> = [headline(mission, done, tasks.length)];
  if (mission.status === "failed") lines.push({ text: mission.reason ?? "no reason is known", tone: "ink" });
  else if (shown.spent !== null)
    lines.push({ text: `${money(shown.spent)} of ${money(shown.limit)}`, tone: "ink" });
  if (shown.waiting > 0) lines.push({ text: `${shown.waiting} for you`, tone: "you" });
  else lines.push({ text: "nothing for you", tone: "quiet" });
  return {
    ...BOARD,
    key: "board",
    kind: "board",
    because: ofEvent(mission.because),
    says: `The mission is ${mission.status} (e${mission.because})`,
    missionId: mission.id,
    lines,
  };
}

function headline(
  { status, endedAt }: MissionState,
  done: number,
  all: number,
): { text: string; tone: Tone } {
  if (endedAt === null) return { text: `${done} of ${all} done`, tone: "ink" };
  return { text: status, tone: status === "succeeded" ? "holds" : status === "failed" ? "failed" : "quiet" };
}
