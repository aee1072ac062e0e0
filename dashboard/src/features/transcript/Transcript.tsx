import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import type { Task, Turn } from "@/lib/api/client";
import { turns as turnsQuery } from "@/lib/api/queries";
import { money, plural, timeOfDay, took } from "@/lib/format";
import { Long } from "@/components/Long";
import { Pending } from "@/components/Problem";
import { Since } from "@/components/Since";
import { useSending } from "@/lib/live";
import type { TaskState } from "@/lib/ledger/types";
import styles from "./transcript.module.css";

const ARRIVING = 4_000; // characters that are shown of what arrives: its end

interface Props {
  task: Task;
  state: TaskState | undefined;
  name: string;
  /** Show what was there until then; all of it if playback does not run. */
  until?: number | undefined;
}

/** What an agent thought, said and did for a task, as it is on record. */
export function Transcript({ task, state, name, until }: Props) {
  const asked = useQuery(turnsQuery(task.id));
  const shown = (asked.data?.items ?? []).filter(
    (turn) => until === undefined || Date.parse(turn.created_at) <= until,
  );
  return (
    <section aria-labelledby="transcript" className={styles.transcript}>
      <h2 id="transcript">
        Transcript: {task.key}, {name}
      </h2>
      <p className={`serif ${styles.title}`}>{task.title}</p>
      <p className="small">
        {money(task.spent_microusd)}
        {task.price_known ? "" : " (a price was assumed)"} · {plural(shown.length, "turn")}
        {task.reason && ` · ${task.reason}`}
      </p>
      {asked.data ? (
        <ol className={styles.turns}>
          {shown.map((turn, at) => (
            <Fragment key={turn.id}>
              <TurnView turn={turn} before={shown[at - 1]} />
              {turn.compaction && isThere(turn.compaction, until) && (
                <Summed compaction={turn.compaction} n={turn.n} />
              )}
            </Fragment>
          ))}
        </ol>
      ) : (
        <Pending error={asked.error} />
      )}
      {state?.doing === "model" && until === undefined && <Arriving taskId={task.id} since={state.since} />}
      {asked.data && shown.length === 0 && state?.doing !== "model" && <p className="small">Nothing yet.</p>}
    </section>
  );
}

/** What the model sends at this moment: it is no row yet, and may still become another one. */
function Arriving({ taskId, since }: { taskId: string; since: number }) {
  const sending = useSending().get(taskId);
  const tool = sending?.tool ? ` of ${sending.tool}` : "";
  return (
    <div className={styles.waits} data-live={sending?.part}>
      <p>
        <span aria-hidden="true">◐</span> waits for the model <Since from={since} />
      </p>
      <p className="small">
        {sending
          ? `Arriving: ${sending.part === "text" ? "words" : sending.part}${tool}, ${plural(sending.text.length, "character")}`
          : "The model has sent nothing readable yet."}
      </p>
      {sending && <pre className={styles.arriving}>{sending.text.slice(-ARRIVING)}</pre>}
    </div>
  );
}

function TurnView({ turn, before }: { turn: Turn; before: Turn | undefined }) {
  if (turn.speaker === "tool") return <ToolCall turn={turn} />;
  const asked = turn.asked_at ?? before?.done_at;
  const waited = asked ? Date.parse(turn.created_at) - Date.parse(asked) : 0;
  return (
    <li className={styles.turn}>
      <p className="small">
        {timeOfDay(turn.created_at)} ·{" "}
        {turn.speaker === "assistant" ? "the model’s answer" : "told by the program"}
        {turn.speaker === "assistant" && waited > 0 && ` after ${took(waited)}`}
        {price(turn)}
      </p>
      {turn.content.trim() ? (
        <Long text={turn.content} className={styles.said ?? ""} />
      ) : (
        <p className="small">No words, only what follows.</p>
      )}
    </li>
  );
}

type Compaction = NonNullable<Turn["compaction"]>;

function isThere({ created_at }: Compaction, until: number | undefined): boolean {
  return until === undefined || Date.parse(created_at) <= until;
}

/** From here on the model is sent this in place of what stands above. */
function Summed({ compaction, n }: { compaction: Compaction; n: number }) {
  const { text, created_at, model } = compaction;
  return (
    <li className={styles.summed} data-compaction={n}>
      <p className="small">
        <span aria-hidden="true">≡</span> {timeOfDay(created_at)} · the conversation was full: from here on
        this stands for all above, {model ? `summed up by ${model}` : "listed by the program"}
        {price(compaction)}
      </p>
      <details>
        <summary>{plural(text.length, "character")}</summary>
        <Long text={text} className={styles.result ?? ""} />
      </details>
    </li>
  );
}

type Priced = Pick<Turn, "input_tokens" | "output_tokens" | "cost_microusd">;

function price({ input_tokens, output_tokens, cost_microusd }: Priced): string {
  const tokens = (count: number | null | undefined) => (count ?? 0).toLocaleString("en-US");
  const spent = typeof cost_microusd === "number" ? ` · ${money(cost_microusd)}` : "";
  if (typeof output_tokens !== "number") return spent;
  return ` · ${tokens(input_tokens)} tokens in, ${tokens(output_tokens)} out${spent}`;
}

function ToolCall({ turn }: { turn: Turn }) {
  const ran = turn.done_at ? Date.parse(turn.done_at) - Date.parse(turn.created_at) : null;
  return (
    <li className={styles.call}>
      <details>
        <summary>
          <span className="mono">{turn.tool}</span>{" "}
          <span className={styles.about}>{about(turn.arguments)}</span>
          <span className={styles.took}>{ran === null ? turn.status : took(ran)}</span>
        </summary>
        <Long text={inLines(turn.arguments)} className={styles.arguments ?? ""} />
        <Long text={turn.content} className={styles.result ?? ""} />
      </details>
    </li>
  );
}

/** The one argument that says most: a command, a path, a name, a title. */
function about(given: unknown): string {
  if (typeof given !== "object" || given === null) return "";
  const named = given as Record<string, unknown>;
  const found = ["command", "path", "name", "query", "url", "title", "text", "summary", "message"].find(
    (key) => typeof named[key] === "string",
  );
  return found ? String(named[found]).replace(/\s+/g, " ").slice(0, 200) : "";
}

function inLines(given: unknown): string {
  if (typeof given === "string") return given;
  if (typeof given !== "object" || given === null) return JSON.stringify(given) ?? "";
  return Object.entries(given)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value, null, 2)}`)
    .join("\n");
}
