import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import type { MissionDetail, Receipt } from "@/lib/api/client";
import { dateTime, plural } from "@/lib/format";
import { isPlainKey } from "@/lib/keys";
import type { LedgerEvent } from "@/lib/ledger/types";
import { findCited, type Cited } from "./cited";
import { parseReport } from "./parse";
import styles from "./reports.module.css";

const Markdown = lazy(() => import("@/components/Markdown"));

interface Props {
  text: string;
  author: string;
  createdAt: string;
  taskId: string;
  isSummary: boolean;
  mission: MissionDetail;
  events: readonly LedgerEvent[];
}

/** A report: the author's words, and beside them what the program knows of them, drawn from the ledger. */
export function Reader({ text, author, createdAt, taskId, isSummary, mission, events }: Props) {
  const { body, sources } = useMemo(() => parseReport(text, isSummary), [text, isSummary]);
  const trail = useMemo(() => findCited(events, mission.id), [events, mission.id]);
  const [open, setOpen] = useState<string | null>(hashRef);
  useCitationKey(open, setOpen);
  const receipts = mission.receipts.filter((receipt) => isSummary || receipt.task_id === taskId);
  const cite = useCallback(
    (ref: string) => <CiteMark refName={ref} entry={trail.get(ref)} open={open === ref} onOpen={setOpen} />,
    [trail, open],
  );
  return (
    <div className={styles.reader}>
      <div>
        <p className="small">
          Written by {author}, {dateTime(createdAt)}
        </p>
        <Suspense fallback={<p className="small">Loading …</p>}>
          <Markdown text={body} cite={cite} reports={`/reports/${mission.slug}`} />
        </Suspense>
      </div>
      <aside className={styles.aside}>
        {open && (
          <SourceCard
            refName={open}
            cited={trail.get(open)}
            slug={mission.slug}
            onClose={() => setOpen(null)}
          />
        )}
        <Checked receipts={receipts} />
        <Sources sources={sources} trail={trail} onOpen={setOpen} />
      </aside>
    </div>
  );
}

/** `e` opens the next citation after the one that is open. */
function useCitationKey(open: string | null, setOpen: (ref: string) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "e" || !isPlainKey(event)) return;
      const marks = [...document.querySelectorAll<HTMLElement>("button[data-ref]")];
      const refs = marks.map((mark) => mark.dataset["ref"] ?? "");
      const next = marks[(open ? refs.lastIndexOf(open) + 1 : 0) % Math.max(1, marks.length)];
      next?.focus();
      if (next?.dataset["ref"]) setOpen(next.dataset["ref"]);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open, setOpen]);
}

function hashRef(): string | null {
  return /^#(e\d{1,15})$/.exec(location.hash)?.[1] ?? null;
}

interface CiteProps {
  refName: string;
  entry: Cited | undefined;
  open: boolean;
  onOpen: (ref: string) => void;
}

function CiteMark({ refName, entry, open, onOpen }: CiteProps) {
  if (!entry) {
    return (
      <span className={`${styles.cite} tone-failed`} title="no such entry is in the trail">
        [{refName}: not in the trail]
      </span>
    );
  }
  return (
    <button
      className={`plain ${styles.cite}`}
      aria-expanded={open}
      data-ref={refName}
      onClick={() => onOpen(refName)}
    >
      [{refName}
      {entry.mark && `, ${entry.mark}`}]
    </button>
  );
}

/** An entry of the trail, whole. Esc closes it and goes back to where it was opened. */
function SourceCard({
  refName,
  cited,
  slug,
  onClose,
}: {
  refName: string;
  cited: Cited | undefined;
  slug: string;
  onClose: () => void;
}) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    const from = document.activeElement;
    card.current?.focus();
    return () => {
      if (from instanceof HTMLElement) from.focus();
    };
  }, [refName]);
  return (
    <section
      ref={card}
      className={`card ${styles.source}`}
      tabIndex={-1}
      aria-label={`Entry ${refName}`}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <p className="small">
        <b>{refName}</b>{" "}
        {cited ? `${cited.event.author}, ${dateTime(cited.event.created_at)}` : "is not in the trail"}
      </p>
      {cited && (
        <>
          <pre className={styles.entry}>{cited.text}</pre>
          <p className="small">
            {cited.mark ?? "no claim of its origin"}
            {cited.source && <>: {cited.source}</>}
          </p>
          <p className="small">
            <Link href={`/missions/${slug}?at=${cited.event.seq}`}>
              Its moment in the mission (e{cited.event.seq})
            </Link>
          </p>
        </>
      )}
      <button onClick={onClose}>Close</button>
    </section>
  );
}

function Checked({ receipts }: { receipts: Receipt[] }) {
  return (
    <section aria-labelledby="checked">
      <h2 id="checked">Written by the program, from the ledger</h2>
      {receipts.length === 0 && <p className="small">Nothing was checked.</p>}
      <ul className={styles.receipts}>
        {receipts.map((receipt) => (
          <li key={receipt.created_at + receipt.text} className="mono">
            <span className={receipt.ok ? "tone-holds" : "tone-failed"}>
              {receipt.ok ? "▣" : "▢"}
              <span className="hidden">{receipt.ok ? " holds: " : " missing: "}</span>
            </span>{" "}
            {receipt.text}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SourcesProps {
  sources: string[];
  trail: ReadonlyMap<string, Cited>;
  onOpen: (ref: string) => void;
}

function Sources({ sources, trail, onOpen }: SourcesProps) {
  if (sources.length === 0) return null;
  return (
    <section aria-labelledby="sources">
      <h2 id="sources">{plural(sources.length, "entry", "entries")} cited</h2>
      <ul className={styles.receipts}>
        {sources.map((ref) => (
          <li key={ref} id={ref}>
            {trail.has(ref) ? (
              <button className="plain" onClick={() => onOpen(ref)}>
                <b>{ref}</b> <span className={styles.brief}>{trail.get(ref)?.text.slice(0, 140)}</span>{" "}
                <span className="small">{trail.get(ref)?.mark}</span>
              </button>
            ) : (
              <span className="tone-failed">{ref}: not in the trail</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
