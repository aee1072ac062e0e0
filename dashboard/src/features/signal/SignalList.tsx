import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { readFurtherBack } from "@/lib/history";
import { plural, timeOfDay } from "@/lib/format";
import { isPlainKey } from "@/lib/keys";
import type { LedgerEvent } from "@/lib/ledger/types";
import type { Names } from "@/lib/names";
import { describe, matters, type Titles } from "./describe";
import styles from "./signal.module.css";

interface Props {
  events: readonly LedgerEvent[];
  names: Names;
  titles: Titles;
  /** Where an event's mission is found, by its id. */
  slugs: ReadonlyMap<string, string>;
}

const WIDE = 36;
const NARROW = 60;

/** The log, newest first. Who reads further down keeps the place while more comes. */
export function SignalList({ events, names, titles, slugs }: Props) {
  const [who, setWho] = useState("");
  const [all, setAll] = useState(false);
  const filter = useFilterKey();
  const shown = useMemo(
    () => events.filter((event) => (who === "" || event.author === who) && (all || matters(event))),
    [events, who, all],
  );
  return (
    <section aria-labelledby="signal">
      <div className={styles.head}>
        <h2 id="signal">Signal</h2>
        <label>
          <span className="hidden">Who</span>
          <select ref={filter} value={who} onChange={(event) => setWho(event.target.value)}>
            <option value="">everybody</option>
            {names.people.map((person) => (
              <option key={person.role} value={person.role}>
                {person.fullName}
              </option>
            ))}
            <option value="office">the program</option>
            <option value="ceo">you</option>
          </select>
        </label>
        <label className={styles.all}>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> every
          event
        </label>
        <span className="small">{plural(shown.length, "event")}</span>
      </div>
      {shown.length === 0 ? (
        <p className="small">Nothing yet.</p>
      ) : (
        <Rows
          key={`${who}${String(all)}`}
          shown={shown}
          known={events.length}
          names={names}
          titles={titles}
          slugs={slugs}
        />
      )}
    </section>
  );
}

/** `f` goes to the filter. */
function useFilterKey(): React.RefObject<HTMLSelectElement | null> {
  const filter = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "f" && isPlainKey(event)) filter.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return filter;
}

interface RowsProps extends Omit<Props, "events"> {
  shown: readonly LedgerEvent[];
  /** How much of the log is here, shown or not. */
  known: number;
}

function Rows({ shown, known, names, titles, slugs }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useMemo(() => (matchMedia("(max-width: 720px)").matches ? NARROW : WIDE), []);
  // eslint-disable-next-line react-hooks/incompatible-library -- its functions are called while rendering only
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const unread = useHeldPlace(scroller, shown.at(-1)?.seq ?? 0, shown, rowHeight);
  const lowest = virtual.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (lowest >= shown.length - 1) void readFurtherBack().catch(() => undefined); // it is tried again on the next scroll
  }, [lowest, shown.length, known]);
  return (
    <div className={styles.frame}>
      {unread > 0 && (
        <button className={styles.pill} onClick={() => scroller.current?.scrollTo({ top: 0 })}>
          {unread} new
        </button>
      )}
      <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label="Events">
        <ol className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const event = shown[shown.length - 1 - index];
            return (
              event && (
                <Row
                  key={event.seq}
                  event={event}
                  top={start}
                  height={rowHeight}
                  names={names}
                  titles={titles}
                  slugs={slugs}
                />
              )
            );
          })}
        </ol>
      </div>
    </div>
  );
}

/** Keep what is being read where it is when rows come above it. Returns how many came unseen. */
function useHeldPlace(
  scroller: React.RefObject<HTMLDivElement | null>,
  newest: number,
  shown: readonly LedgerEvent[],
  rowHeight: number,
): number {
  const before = useRef(newest);
  const [unread, setUnread] = useState(0);
  useEffect(() => {
    const element = scroller.current;
    const more = shown.length - 1 - shown.findLastIndex((event) => event.seq <= before.current);
    before.current = newest;
    if (!element || more <= 0 || element.scrollTop < rowHeight) return;
    element.scrollBy(0, more * rowHeight);
    setUnread((already) => already + more);
  }, [newest, shown, rowHeight, scroller]);
  useEffect(() => {
    const element = scroller.current;
    const look = () => {
      if (element && element.scrollTop < rowHeight) setUnread(0);
    };
    element?.addEventListener("scroll", look);
    return () => element?.removeEventListener("scroll", look);
  }, [rowHeight, scroller]);
  return unread;
}

interface RowProps extends Omit<Props, "events"> {
  event: LedgerEvent;
  top: number;
  height: number;
}

const Row = memo(function Row({ event, top, height, names, titles, slugs }: RowProps) {
  const line = describe(event, names.of, titles);
  const slug = event.mission_id ? slugs.get(event.mission_id) : undefined;
  const number = `e${event.seq}`;
  return (
    <li className={styles.row} style={{ transform: `translateY(${top}px)`, height }}>
      <span className={styles.time}>{timeOfDay(event.created_at).slice(0, 5)}</span>
      <span className={`${styles.shape} tone-${line.tone}`} aria-hidden="true">
        {line.shape}
      </span>
      <span className={styles.name}>{line.who}</span>
      <span className={styles.what}>{line.what}</span>
      <span className={line.evidence ? `${styles.text} mono` : styles.text}>{line.text}</span>
      <span className={styles.number}>
        {slug ? <Link href={`/missions/${slug}?at=${event.seq}`}>{number}</Link> : number}
      </span>
    </li>
  );
});
