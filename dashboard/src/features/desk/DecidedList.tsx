import type { DeskItem } from "@/lib/api/client";
import { dateTime } from "@/lib/format";
import styles from "./desk.module.css";

/** What was asked and what was said, newest first. */
export function DecidedList({
  items,
  nameOf,
}: {
  items: readonly DeskItem[];
  nameOf: (role: string) => string;
}) {
  if (items.length === 0) return <p className="small">Nothing was decided yet.</p>;
  return items.map((item) => (
    <article key={item.id} className={styles.decided}>
      <p className="small">
        {item.role ? nameOf(item.role) : "The company"} · {item.kind} · {item.status}
        {item.decided_at && ` · ${dateTime(item.decided_at)}`}
      </p>
      <pre className={item.kind === "permission" ? styles.evidence : styles.words}>{item.text}</pre>
      {item.answer && <pre className={styles.said}>{item.answer}</pre>}
    </article>
  ));
}
