import { Link } from "wouter";
import type { Repository } from "@/lib/api/client";
import { Offered } from "./Offered";
import { placeInCode } from "./places";
import styles from "./code.module.css";

/** The code that missions made, each with what was pushed last. */
export function CodeList({ repositories }: { repositories: readonly Repository[] }) {
  return (
    <section aria-labelledby="code">
      <h2 id="code">Code</h2>
      {repositories.length === 0 && <p className="small">Nothing yet.</p>}
      {repositories.map((repository) => (
        <article key={`${repository.mission_id} ${repository.name}`} className={styles.repository}>
          <h3 className={styles.name}>
            <Link href={placeInCode(repository.id || repository.name)}>{repository.name}</Link>
          </h3>
          <Offered repository={repository} />
          <ol className={styles.commits}>
            {repository.commits.toReversed().map((commit) => (
              <li key={commit.sha}>
                <Link
                  href={placeInCode(repository.id || repository.name, { sha: commit.sha })}
                  className="mono"
                >
                  {commit.sha.slice(0, 12)}
                </Link>{" "}
                {commit.message.split("\n")[0]}
              </li>
            ))}
          </ol>
        </article>
      ))}
    </section>
  );
}
