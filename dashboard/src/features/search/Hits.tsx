import { Link } from "wouter";
import { dateTime, oneLine, plural } from "@/lib/format";
import { marked } from "./marked";
import { pageOf, type Hit } from "./places";
import styles from "./search.module.css";

/** What was found, each at its place, with the command that shows it in a terminal. */
export function Hits({ hits, words }: { hits: readonly Hit[]; words: readonly string[] }) {
  return (
    <>
      <p role="status" className="small">
        {hits.length === 0 ? "Nothing has all of these words." : plural(hits.length, "hit")}
      </p>
      <ol className={styles.hits}>
        {hits.map((hit) => (
          <li key={`${hit.kind} ${hit.id}`}>
            <p>
              <span className={styles.kind}>{hit.kind}</span>{" "}
              <Link href={pageOf(hit, words)} className="serif">
                {oneLine(hit.title || hit.name, 140)}
              </Link>
            </p>
            <p className={styles.excerpt}>
              {marked(hit.excerpt, words).map(({ text, hit: found }, at) =>
                found ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
              )}
            </p>
            <p className="small">
              {dateTime(hit.created_at)} · <code>{hit.command}</code>
            </p>
          </li>
        ))}
      </ol>
    </>
  );
}
