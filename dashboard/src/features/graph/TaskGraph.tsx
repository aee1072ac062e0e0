import type { Task } from "@/lib/api/client";
import { StatusMark } from "@/components/StatusMark";
import { look } from "@/components/status";
import type { LedgerState, TaskState } from "@/lib/ledger/types";
import type { Names } from "@/lib/names";
import { oneLine } from "@/lib/format";
import { graphLayout, type Placed } from "./layout";
import styles from "./graph.module.css";

const WIDTH = 148;
const HEIGHT = 50;
const ACROSS = WIDTH + 36;
const DOWN = HEIGHT + 14;
const MOST_DRAWN = 60;

interface Props {
  tasks: readonly Task[];
  state: LedgerState;
  names: Names;
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

/** What waits for what, and how far each task is. Many tasks, and a narrow screen, are a list. */
export function TaskGraph(props: Props) {
  const drawn = props.tasks.length <= MOST_DRAWN;
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks</h2>
      {drawn && (
        <div className={styles.wide}>
          <Drawing {...props} />
        </div>
      )}
      <ol className={drawn ? styles.narrow : styles.list}>
        {props.tasks.map((task) => (
          <li key={task.id}>
            <button
              className="plain"
              aria-pressed={task.id === props.chosen}
              onClick={() => props.onChoose(task.id)}
            >
              <StatusMark status={statusOf(task, props.state)} /> <b>{task.key}</b>{" "}
              {props.names.of(task.role)}: {task.title} {receipts(props.state.tasks[task.id])}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Drawing({ tasks, state, names, chosen, onChoose }: Props) {
  const graph = graphLayout(tasks);
  const [width, height] = [graph.columns * ACROSS - 36, graph.rows * DOWN];
  return (
    <div className={styles.graph} tabIndex={0} role="group" aria-label="What waits for what">
      <div className={styles.canvas} style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {graph.edges.map(({ from, to }) => (
            <path key={`${from.task.id}-${to.task.id}`} d={edge(from, to)} className={styles.edge} />
          ))}
        </svg>
        {graph.placed.map(({ task, column, row }) => (
          <button
            key={task.id}
            className={styles.node}
            style={{ left: column * ACROSS, top: row * DOWN, width: WIDTH, height: HEIGHT }}
            aria-pressed={task.id === chosen}
            title={task.title}
            onClick={() => onChoose(task.id)}
          >
            <span className={styles.key}>
              <span className={`tone-${look(statusOf(task, state)).tone}`} aria-hidden="true">
                {look(statusOf(task, state)).shape}
              </span>{" "}
              {oneLine(task.key, 16)}
            </span>
            <span className={styles.who}>
              {names.of(task.role)} {receipts(state.tasks[task.id])}
            </span>
            <span className="hidden">
              {task.title}: {look(statusOf(task, state)).word}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

function edge(from: Placed, to: Placed): string {
  const [x, y] = [from.column * ACROSS + WIDTH, from.row * DOWN + HEIGHT / 2];
  const [toX, toY] = [to.column * ACROSS, to.row * DOWN + HEIGHT / 2];
  const bend = Math.max(18, (toX - x) / 2);
  return `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
}

function statusOf(task: Task, state: LedgerState): string {
  const known = state.tasks[task.id];
  if (!known) return "waiting";
  return known.doing === "ended" ? known.status : known.doing;
}

function receipts(task: TaskState | undefined) {
  const moments = (task?.moments ?? []).filter((moment) => moment.kind !== "entry");
  return moments.map((moment) =>
    moment.kind === "receipt" ? (
      <span key={moment.seq} className="tone-holds" title="receipt holds">
        ▣
      </span>
    ) : (
      <span key={moment.seq} className="tone-failed" title="receipt missing">
        ▢
      </span>
    ),
  );
}
