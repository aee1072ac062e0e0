import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import type { ReportText } from "@/lib/api/client";
import { dateTime, plural } from "@/lib/format";
import { isPlainKey } from "@/lib/keys";
import { lazily } from "@/lib/lazily";
import { ReceiptList } from "@/components/ReceiptList";
import { citedBy, countOutside, saidOf, type AllCited, type Cited } from "./cited";
import styles from "./reports.module.css";

const Markdown = lazily(() => import("@/components/Markdown"));

const NONE: readonly Cited[] = [];

interface Props {
  report: ReportText;
  /** Where its mission is found. */
  slug: string;
}

/** A report: the author's words, and beside them what the program knows of them, drawn from the ledger. */
export function Reader({ report, slug }: Props) {
  const sources = report.sources ?? NONE;
  const trail = useMemo(() => citedBy(sources), [sources]);
  const [open, setOpen] = useState<string | null>(hashRef);
  useCitationKey(open, setOpen);
  const cite = useCallback(
    (ref: string) => <CiteMark refName={ref} entry={trail.get(ref)} open={open === ref} onOpen={setOpen} />,
    [trail, open],
  );
  const reports = `/reports/${slug}`;
  return (
    <div className={styles.reader}>
      <section aria-label="In its author’s words">
        <p className="small">
          Written by {report.author}, {dateTime(report.created_at)}
        </p>
        <Suspense fallback={<p className="small">Loading …</p>}>
          <Markdown text={report.body ?? ""} cite={cite} reports={reports} />
        </Suspense>
      </section>
      <aside className={styles.aside}>
        {open && (
          <SourceCard
            refName={open}
            trail={trail}
            slug={slug}
            onOpen={setOpen}
            onClose={() => setOpen(null)}
          />
        )}
        <ByTheProgram report={report} reports={reports} />
        <Sources sources={sources} onOpen={setOpen} />
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
  const said = saidOf(entry);
  return (
    <button
      className={`plain ${styles.cite} ${entry.corrected_by ? "tone-failed" : ""}`}
      aria-expanded={open}
      data-ref={refName}
      onClick={() => onOpen(refName)}
    >
      [{refName}
      {said && `, ${said}`}]
    </button>
  );
}

interface CardProps {
  refName: string;
  trail: AllCited;
  slug: string;
  onOpen: (ref: string) => void;
  onClose: () => void;
}

/** An entry of the trail, whole. Esc closes it and goes back to where it was opened. */
function SourceCard({ refName, trail, slug, onOpen, onClose }: CardProps) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    const from = document.activeElement;
    card.current?.focus();
    return () => {
      if (from instanceof HTMLElement) from.focus();
    };
  }, [refName]);
  const cited = trail.get(refName);
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
        <b>{refName}</b> {cited ? `${cited.by}, ${dateTime(cited.at)}` : "is not in the trail"}
      </p>
      {cited && <Entry cited={cited} slug={slug} trail={trail} onOpen={onOpen} />}
      <button onClick={onClose}>Close</button>
    </section>
  );
}

type EntryProps = Pick<CardProps, "slug" | "trail" | "onOpen"> & { cited: Cited };

function Entry({ cited, slug, trail, onOpen }: EntryProps) {
  const { text, mark, source, passage, page_id, page_url, corrected_by, seq } = cited;
  return (
    <>
      {corrected_by && (
        <p className="tone-failed">
          Corrected by{" "}
          {trail.has(corrected_by) ? (
            <button className="plain" onClick={() => onOpen(corrected_by)}>
              <u>{corrected_by}</u>
            </button>
          ) : (
            corrected_by
          )}
        </p>
      )}
      <pre className={styles.entry}>{text}</pre>
      <p className="small">
        {mark || "no claim of its origin"}
        {source && <>: {source}</>}
      </p>
      {passage && (
        <>
          <p className="small">The passage that it names:</p>
          <pre className={styles.passage}>{passage}</pre>
        </>
      )}
      {page_id && (
        <p className="small">
          <Link href={`/sources/${encodeURIComponent(page_id)}`}>The page, as it was read</Link>{" "}
          <span className="mono">{page_url}</span>
        </p>
      )}
      <p className="small">
        <Link href={`/missions/${slug}?at=${seq}`}>Its moment in the mission</Link>
      </p>
    </>
  );
}

/** What the program says, and nobody else can: it is made from the ledger, never from the report's file. */
function ByTheProgram({ report, reports }: { report: ReportText; reports: string }) {
  const { notes = [], program_part, receipts = [] } = report;
  return (
    <section aria-labelledby="checked" className={styles.program}>
      <h2 id="checked">Written by the program, from the ledger</h2>
      {notes.map((note) => (
        <Suspense key={note} fallback={null}>
          <Markdown text={note} reports={reports} />
        </Suspense>
      ))}
      <ReceiptList receipts={receipts} />
      {receipts.length === 0 && <p className="small">Nothing was checked of its task.</p>}
      {program_part && (
        <Suspense fallback={null}>
          <Markdown text={program_part} reports={reports} />
        </Suspense>
      )}
    </section>
  );
}

interface SourcesProps {
  sources: readonly Cited[];
  onOpen: (ref: string) => void;
}

function Sources({ sources, onOpen }: SourcesProps) {
  if (sources.length === 0) return null;
  return (
    <section aria-labelledby="sources">
      <h2 id="sources">
        {plural(sources.length, "entry", "entries")} cited, {countOutside(sources)} from pages that were read
      </h2>
      <ul className={styles.sources}>
        {sources.map((cited) => (
          <li key={cited.ref} id={cited.ref}>
            <button className="plain" onClick={() => onOpen(cited.ref)}>
              <b>{cited.ref}</b> <span className={styles.brief}>{cited.text.slice(0, 140)}</span>{" "}
              <span className="small">{saidOf(cited)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
