import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { Link } from "wouter";
import { api, ask, type DeskItem } from "@/lib/api/client";
import { money, parseDollars } from "@/lib/format";
import { Problem } from "@/components/Problem";
import { Since } from "@/components/Since";
import { Decision } from "./Decision";
import styles from "./desk.module.css";

interface Props {
  item: DeskItem;
  name: string;
  chosen: boolean;
}

const ASKS: Record<string, string> = {
  question: "asks",
  permission: "wants your permission",
  budget: "needs money",
  decision: "leaves it to you",
};

const DANGERS: Record<string, string> = {
  read: "read",
  write: "change files or the board",
  execute: "run any program in the workshop",
  spend: "spend money",
  publish: "publish",
};

/** One request, whole: nothing of what is decided on is cut. */
export function DeskCard({ item, name, chosen }: Props) {
  const title = useId();
  return (
    <article
      id={item.id}
      className={styles.card}
      aria-labelledby={title}
      tabIndex={-1}
      data-chosen={chosen || undefined}
      data-desk={item.kind}
    >
      <p className={styles.head}>
        <span id={title}>
          <span className="tone-you" aria-hidden="true">
            ◆
          </span>{" "}
          {name} {isSignature(item) ? "asks for your signature" : (ASKS[item.kind] ?? item.kind)}
        </span>
        <span className="small">
          waits <Since from={Date.parse(item.created_at)} />
          {item.mission_slug && (
            <>
              {" · "}
              <Link href={`/missions/${item.mission_slug}${item.task_id ? `?task=${item.task_id}` : ""}`}>
                its task
              </Link>
            </>
          )}
        </span>
      </p>
      {item.task_title && <p className="small">For: {item.task_title}</p>}
      {item.danger && <p className="small">What it may do at worst: {DANGERS[item.danger] ?? item.danger}</p>}
      <pre className={item.kind === "permission" ? styles.evidence : styles.words}>{item.text}</pre>
      <Arguments item={item} />
      {item.kind === "question" && <Question item={item} />}
      {item.kind === "permission" && <Permission item={item} />}
      {item.kind === "budget" && <Money item={item} />}
      {item.kind === "decision" && (
        <Decision item={item}>
          <Deny item={item} word="Leave it" />
        </Decision>
      )}
    </article>
  );
}

/** What would be done, argument by argument, whole. */
function Arguments({ item }: { item: DeskItem }) {
  if (item.kind !== "permission" || typeof item.arguments !== "object" || item.arguments === null)
    return null;
  return Object.entries(item.arguments).map(([name, value]) => (
    <div key={name}>
      <p className="small">
        {item.tool}: {name}
      </p>
      <pre className={styles.evidence}>
        {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
      </pre>
    </div>
  ));
}

/** What all decisions have in common: once made, the request leaves the desk, here and in every other browser. */
function useDecision(decide: (value: string) => Promise<DeskItem>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: decide,
    onSuccess: () => client.invalidateQueries({ queryKey: ["desk"] }),
  });
}

function Question({ item }: { item: DeskItem }) {
  const [text, setText] = useState("");
  const params = { path: { id: item.id } };
  const answer = useDecision((value) =>
    ask(api.POST("/api/desk/{id}/answer", { params, body: { text: value } })),
  );
  const send = () => {
    if (text.trim() && !answer.isPending) answer.mutate(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        className={styles.answer}
        aria-label="Your answer"
        placeholder="Your answer"
        rows={3}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Problem error={answer.error} />
      <p className={styles.buttons}>
        <button
          className="primary"
          disabled={!text.trim() || answer.isPending}
          aria-keyshortcuts="Control+Enter"
        >
          Answer
        </button>
        <Deny item={item} word="Decline to answer" />
      </p>
    </form>
  );
}

function Permission({ item }: { item: DeskItem }) {
  const params = { path: { id: item.id } };
  const approve = useDecision(() => ask(api.POST("/api/desk/{id}/approve", { params, body: {} })));
  const [word, says] = consentTo(item);
  return (
    <Confirmed
      word={word}
      says={says}
      busy={approve.isPending}
      error={approve.error}
      onConfirm={() => approve.mutate("")}
    >
      <Deny item={item} word="Deny" />
    </Confirmed>
  );
}

/** Whether it is for a plan and its ceiling, and not for what a tool would do. */
function isSignature({ kind, tool, memory_id }: DeskItem): boolean {
  return kind === "permission" && !tool && !memory_id;
}

/** What is consented to: a call of a tool, a memory, or a plan with its ceiling. */
function consentTo({ tool, memory_id, amount_microusd }: DeskItem): [word: string, says: string] {
  if (memory_id) return ["Approve", "It is kept, and tasks from now on are told it."];
  if (tool) return ["Approve", "This will be done exactly as it stands above, once. It cannot be undone."];
  return ["Sign", `The work goes on, and the mission’s limit becomes ${money(amount_microusd)}.`];
}

function Money({ item }: { item: DeskItem }) {
  const isMoney = item.unit === "microusd";
  const [limit, setLimit] = useState(isMoney ? String(item.amount_microusd / 1e6) : "");
  const amount = isMoney ? parseDollars(limit) : item.amount_microusd;
  const params = { path: { id: item.id } };
  const approve = useDecision((value) =>
    ask(api.POST("/api/desk/{id}/approve", { params, body: value ? { limit_microusd: Number(value) } : {} })),
  );
  return (
    <>
      {isMoney && (
        <label className={styles.limit}>
          The new limit $
          <input
            value={limit}
            inputMode="decimal"
            aria-invalid={amount === null}
            onChange={(e) => setLimit(e.target.value)}
          />
        </label>
      )}
      <Confirmed
        word="Raise the limit"
        says={`The limit becomes ${isMoney ? money(amount ?? 0) : `${item.amount_microusd} ${item.unit}`}, and the work goes on.`}
        busy={approve.isPending || amount === null}
        error={approve.error}
        onConfirm={() => approve.mutate(isMoney ? String(amount) : "")}
      >
        <Deny item={item} word="Keep the limit" />
      </Confirmed>
    </>
  );
}

interface ConfirmedProps {
  word: string;
  says: string;
  busy: boolean;
  error: Error | null;
  onConfirm: () => void;
  children: ReactNode;
}

/** Two steps: the first says what will happen, the second does it. */
function Confirmed({ word, says, busy, error, onConfirm, children }: ConfirmedProps) {
  const [sure, setSure] = useState(false);
  return (
    <>
      {sure && <p className={styles.says}>{says}</p>}
      <Problem error={error} />
      <p className={styles.buttons}>
        {sure ? (
          <button key="now" className="primary" disabled={busy} onClick={onConfirm} autoFocus>
            {word} now
          </button>
        ) : (
          <button key="first" className="primary" data-key="a" disabled={busy} onClick={() => setSure(true)}>
            {word} …
          </button>
        )}
        {sure ? <button onClick={() => setSure(false)}>Not yet</button> : children}
      </p>
    </>
  );
}

function Deny({ item, word }: { item: DeskItem; word: string }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const params = { path: { id: item.id } };
  const deny = useDecision((value) =>
    ask(api.POST("/api/desk/{id}/deny", { params, body: { reason: value.trim() || null } })),
  );
  if (!open) {
    return (
      <button type="button" data-key="d" onClick={() => setOpen(true)}>
        {word} …
      </button>
    );
  }
  return (
    <span className={styles.deny}>
      <input
        autoFocus
        aria-label="Your reason, which they read"
        placeholder="Your reason, which they read"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || deny.isPending) return;
          event.preventDefault(); // of the form around it
          deny.mutate(reason);
        }}
      />
      <button type="button" disabled={deny.isPending} onClick={() => deny.mutate(reason)}>
        {word}
      </button>
      <button type="button" onClick={() => setOpen(false)}>
        Not yet
      </button>
      <Problem error={deny.error} />
    </span>
  );
}
