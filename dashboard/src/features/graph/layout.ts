/** Where the tasks of a plan stand: each right of all that it waits for. */
import type { Task } from "@/lib/api/client";

export interface Placed {
  task: Task;
  column: number;
  row: number;
}

export interface Edge {
  from: Placed;
  to: Placed;
}

export interface Graph {
  placed: Placed[];
  edges: Edge[];
  columns: number;
  rows: number;
}

export function graphLayout(tasks: readonly Task[]): Graph {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const columns = new Map<string, number>();
  const columnOf = (task: Task, above: ReadonlySet<string>): number => {
    const known = columns.get(task.id);
    if (known !== undefined) return known;
    if (above.has(task.id)) return 0; // a circle cannot be drawn; the plan's check refuses it
    const within = new Set(above).add(task.id);
    const before = task.depends_on.flatMap((id) => byId.get(id) ?? []);
    const column = before.length
      ? 1 + Math.max(...before.map((one) => columnOf(one, within)))
      : firstColumn(task);
    columns.set(task.id, column);
    return column;
  };
  tasks.forEach((task) => columnOf(task, new Set()));
  const last = Math.max(0, ...columns.values());
  for (const task of tasks) {
    if (task.kind === "synthesis")
      columns.set(task.id, task.depends_on.length ? (columns.get(task.id) ?? 0) : last + 1);
  }
  const rows = new Map<number, number>();
  const placed = tasks.map((task) => {
    const column = columns.get(task.id) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return { task, column, row };
  });
  return {
    placed,
    edges: edgesOf(placed),
    columns: Math.max(0, ...rows.keys()) + 1,
    rows: Math.max(0, ...rows.values()),
  };
}

/** The plan comes first; what waits for no other task follows it. */
function firstColumn(task: Task): number {
  return task.kind === "plan" ? 0 : 1;
}

/** What waits for what: the plan is waited for by all that begin with it, and the summary waits for what nobody else does. */
function edgesOf(placed: readonly Placed[]): Edge[] {
  const byId = new Map(placed.map((one) => [one.task.id, one]));
  const plan = placed.find(({ task }) => task.kind === "plan");
  const work = placed.filter(({ task }) => task.kind === "work");
  const waitedFor = new Set(work.flatMap(({ task }) => task.depends_on));
  const ends = work.filter(({ task }) => !waitedFor.has(task.id));
  return placed.flatMap((to) => {
    const { kind, depends_on } = to.task;
    const named = depends_on.flatMap((id) => byId.get(id) ?? []);
    const before =
      named.length > 0 || kind === "plan"
        ? named
        : kind === "synthesis"
          ? ends
          : kind === "work" && plan
            ? [plan]
            : [];
    return before.map((from) => ({ from, to }));
  });
}
