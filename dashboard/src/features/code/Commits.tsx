import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { CommitDetail } from "@/lib/api/client";
import { commits as commitsQuery } from "@/lib/api/queries";
import { dateTime } from "@/lib/format";
import { Pending, Problem } from "@/components/Problem";
import { ReceiptList } from "@/components/ReceiptList";
import { placeInCode } from "./places";
import styles from "./code.module.css";

interface Props {
  repository: string;
  slug: string | undefined;
  /** The commit that is looked at. */
  chosen: string | undefined;
}

/** The commits, newest first, each with what the program checked of exactly this one. */
export function Commits({ repository, slug, chosen }: Props) {
  const asked = useInfiniteQuery(commitsQuery(repository));
  if (!asked.data) return <Pending error={asked.error} />;
  const all = asked.data.pages.flatMap((page) => page.items);
  return (
    <section aria-labelledby="commits">
      <h2 id="commits">Commits</h2>
      {all.length === 0 && <p className="small">Nothing was pushed yet.</p>}
      <ol className={styles.commits}>
        {all.map((commit) => (
          <CommitLine
            key={commit.sha}
            commit={commit}
            repository={repository}
            slug={slug}
            chosen={commit.sha === chosen}
          />
        ))}
      </ol>
      <Problem error={asked.error} />
      {asked.hasNextPage && (
        <button disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
          Earlier commits
        </button>
      )}
    </section>
  );
}

interface LineProps extends Omit<Props, "chosen"> {
  commit: CommitDetail;
  chosen: boolean;
}

function CommitLine({ commit, repository, slug, chosen }: LineProps) {
  const { sha, message, author, created_at, task_id, receipts } = commit;
  return (
    <li data-commit={sha}>
      <p>
        <Link
          href={placeInCode(repository, { sha })}
          className="mono"
          aria-current={chosen ? "true" : undefined}
        >
          {sha.slice(0, 12)}
        </Link>{" "}
        <span className="serif">{message.split("\n")[0]}</span>
      </p>
      <p className="small">
        {author}, {dateTime(created_at)}
        {task_id && slug && (
          <>
            {" · "}
            <Link href={`/missions/${slug}?task=${encodeURIComponent(task_id)}`}>its task</Link>
          </>
        )}
        {receipts.length === 0 && " · nothing was checked of exactly this commit"}
      </p>
      <ReceiptList receipts={receipts} />
    </li>
  );
}
