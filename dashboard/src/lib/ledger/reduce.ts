/** From the log to what is true: one pure reducer, which the live page and playback share. */
import { isOpen } from "@/lib/ledger/types";
import type {
  DeskState, Doing, LedgerEvent, LedgerState, MissionState, TaskState,
} from "@/lib/ledger/types"; // prettier-ignore

const ENDED_TASK = new Set(["completed", "failed", "cancelled"]);
const ENTRIES = new Set([
  "log", "finding", "code_snippet", "summary", "error", "request_for_help", "status_update", "completion", "source",
  "answer",
]); // prettier-ignore

/** A batch's working copy: what it touches is copied once, the rest is shared with the state before. */
class Draft {
  private readonly copied = new Set<string>();
  readonly state: LedgerState;
  private readonly missions: Record<string, MissionState>;
  private readonly tasks: Record<string, TaskState>;
  readonly desk: Record<string, DeskState>;

  constructor(before: LedgerState) {
    this.missions = { ...before.missions };
    this.tasks = { ...before.tasks };
    this.desk = { ...before.desk };
    const { missions, tasks, desk } = this;
    this.state = { ...before, missions, tasks, desk };
  }

  mission(id: string, begin: () => MissionState): MissionState {
    const found = this.missions[id];
    const own = found
      ? this.copied.has(id)
        ? found
        : { ...found, taskIds: [...found.taskIds], spent: [...found.spent] }
      : begin();
    this.copied.add(id);
    this.missions[id] = own;
    return own;
  }

  task(id: string, begin: () => TaskState): TaskState {
    const found = this.tasks[id];
    const own = found ? (this.copied.has(id) ? found : copyOfTask(found)) : begin();
    this.copied.add(id);
    this.tasks[id] = own;
    return own;
  }
}

/** Return the state after these events. What was applied already is passed over: a batch may come twice. */
export function reduce(before: LedgerState, events: readonly LedgerEvent[]): LedgerState {
  const fresh = events.filter((event) => event.seq > before.seq);
  if (fresh.length === 0) return before;
  const draft = new Draft(before);
  for (const event of fresh) {
    if (event.seq <= draft.state.seq) continue;
    apply(draft, event);
    Object.assign(draft.state, {
      seq: event.seq,
      at: Date.parse(event.created_at),
      count: draft.state.count + 1,
    });
  }
  return draft.state;
}

function apply(draft: Draft, event: LedgerEvent): void {
  if (event.kind === "mission") return changeMission(draft, event);
  if (event.kind === "desk") return changeDesk(draft, event);
  if (event.task_id === null) return;
  if (event.kind === "task") return changeTask(draft, event);
  const known = draft.state.tasks[event.task_id];
  if (!known) return;
  const task = draft.task(event.task_id, () => known);
  const at = Date.parse(event.created_at);
  if (event.kind === "turn") {
    spend(draft, event, at);
    return takeTurn(task, event, at);
  }
  if (event.kind === "receipt") {
    task.moments.push({ kind: event.payload["ok"] === true ? "receipt" : "missing", at, seq: event.seq });
  } else if (event.kind === "compaction") {
    task.moments.push({ kind: "compaction", at, seq: event.seq });
  } else if (ENTRIES.has(event.kind)) {
    task.moments.push({ kind: "entry", at, seq: event.seq });
  }
  // what a tool leaves behind is the sign that it has come so far: the next model call follows
  if (task.doing === "tool") askModel(task, at, event.seq);
}

function changeMission(draft: Draft, event: LedgerEvent): void {
  const { id, status, reason } = change(event);
  const at = Date.parse(event.created_at);
  const begin = () => ({
    id, status, reason, begunAt: at, endedAt: null, since: at, because: event.seq, taskIds: [], spent: [],
  }); // prettier-ignore
  const mission = draft.mission(id, begin);
  const endedAt = isOpen({ status }) ? null : at;
  Object.assign(mission, { status, reason, since: at, because: event.seq, endedAt });
}

function changeDesk(draft: Draft, event: LedgerEvent): void {
  const { id, status } = change(event);
  draft.desk[id] = {
    id, status, missionId: event.mission_id, taskId: event.task_id, since: Date.parse(event.created_at),
    because: event.seq,
  }; // prettier-ignore
}

/** Add what an answer cost to what its mission has spent; events of before that was told say nothing of it. */
function spend(draft: Draft, event: LedgerEvent, at: number): void {
  const cost = event.payload["cost_microusd"];
  const known = event.mission_id === null ? undefined : draft.state.missions[event.mission_id];
  if (!known || typeof cost !== "number") return;
  const mission = draft.mission(known.id, () => known);
  mission.spent.push({ at, microusd: (mission.spent.at(-1)?.microusd ?? 0) + cost });
}

function changeTask(draft: Draft, event: LedgerEvent): void {
  const { id, status } = change(event);
  const at = Date.parse(event.created_at);
  const task = draft.task(id, () => ({
    id, missionId: event.mission_id ?? "", role: event.author, status, doing: "waiting", since: at,
    because: event.seq, tools: [], spans: [], moments: [],
  })); // prettier-ignore
  const known = event.mission_id === null ? undefined : draft.state.missions[event.mission_id];
  if (known) {
    const mission = draft.mission(known.id, () => known);
    if (!mission.taskIds.includes(id)) mission.taskIds.push(id);
  }
  task.status = status;
  if (status === "claimed") task.role = event.author;
  if (status === "claimed" || (status === "working" && task.doing !== "model"))
    return askModel(task, at, event.seq);
  settle(task, at, event.seq, doingOf(status, task.doing));
}

function doingOf(status: string, before: Doing): Doing {
  if (ENDED_TASK.has(status)) return "ended";
  if (status === "stopped") return "waiting"; // for a signature, or for work that came to nothing
  if (status === "queued" || status === "waiting" || status === "parked" || status === "checking")
    return status;
  return before;
}

/** An answer came: its tools run now. */
function takeTurn(task: TaskState, event: LedgerEvent, at: number): void {
  const tools = Array.isArray(event.payload["tools"]) ? event.payload["tools"].map(String) : [];
  if (event.payload["role"] !== "assistant") return;
  if (tools.length === 0) return askModel(task, at, event.seq);
  settle(task, at, event.seq, "tool");
  task.tools = tools;
  task.spans.push({ kind: "tool", from: at, to: null, because: event.seq, tools });
}

function askModel(task: TaskState, at: number, because: number): void {
  settle(task, at, because, "model");
  task.spans.push({ kind: "model", from: at, to: null, because, tools: [] });
}

/** End the stretch that was open, and say what the task does from now on. */
function settle(task: TaskState, at: number, because: number, doing: Doing): void {
  const last = task.spans.at(-1);
  if (last && last.to === null) task.spans[task.spans.length - 1] = { ...last, to: at };
  Object.assign(task, { doing, since: at, because, tools: [] });
}

function change(event: LedgerEvent): { id: string; status: string; reason: string | null } {
  const { id, after, reason } = event.payload;
  return { id: String(id), status: String(after), reason: typeof reason === "string" ? reason : null };
}

function copyOfTask(task: TaskState): TaskState {
  return { ...task, spans: [...task.spans], moments: [...task.moments] };
}
