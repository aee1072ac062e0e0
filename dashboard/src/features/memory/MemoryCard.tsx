import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { Memory } from "@/lib/api/client";
import { memory as memoryQuery } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { dateTime, oneLine, plural } from "@/lib/format";
import { Forget } from "./Forget";
import styles from "./memory.module.css";

interface Props {
  memory: Memory;
  owner: string;
  slug: string | undefined;
  open: boolean;
}

/** One thing that the company has learnt, and, when asked, where it comes from. */
export function MemoryCard({ memory, owner, slug, open }: Props) {
  const [traced, setTraced] = useState(open);
  return (
    <article id={memory.id} className={styles.memory} data-status={memory.status}>
      <p className={styles.words}>{memory.content}</p>
      <p className="small">
        {memory.kind} · {owner}, for {memory.visibility} · {Math.round(memory.confidence * 100)} % sure ·{" "}
        {dateTime(memory.updated_at)}
        {memory.status === "proposed" && (
          <>
            {" · "}
            <Link href="/desk" className="tone-you">
              ◆ waits for you
            </Link>
          </>
        )}
        {memory.from_web && " · words of strangers may stand behind it"}
        {slug && (
          <>
            {" · "}
            <Link href={`/missions/${slug}`}>its mission</Link>
          </>
        )}
      </p>
      <details
        open={traced}
        onToggle={(event) => setTraced(event.currentTarget.open)}
        className={styles.origin}
      >
        <summary>Where it comes from</summary>
        {traced && <Origin id={memory.id} />}
      </details>
      <Forget memory={memory} />
    </article>
  );
}

function Origin({ id }: { id: string }) {
  const asked = useQuery(memoryQuery(id));
  if (!asked.data) return <Pending error={asked.error} />;
  const { relations, shown_to } = asked.data;
  return (
    <>
      {relations.length === 0 && <p className="small">Nothing that is kept says more.</p>}
      <ul className={styles.relations}>
        {relations.map(({ node, kind, other }) => (
          <li key={`${node.id} ${kind} ${other.id}`}>
            <span className="small">
              {node.kind} {kind.replaceAll("_", " ")} {other.kind}
            </span>{" "}
            <span className="serif">{oneLine(other.words, 600)}</span>
          </li>
        ))}
      </ul>
      <p className="small">{plural(shown_to.length, "task")} had it in what they were told.</p>
    </>
  );
}
