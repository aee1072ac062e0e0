import type { Repository } from "@/lib/api/client";
import styles from "./code.module.css";

/** The code that missions made, with what was pushed and is proven. */
export function CodeList({ repositories }: { repositories: readonly Repository[] }) {
  return (
    <section aria-labelledby="code">
      <h2 id="code">Code</h2>
      {repositories.length === 0 && <p className="small">Nothing yet.</p>}
      {repositories.map((repository) => (
        <article key={`${repository.mission_id} ${repository.name}`} className={styles.repository}>
          <h3 className={styles.name}>{repository.name}</h3>
          <pre className={styles.clone}>git clone {repository.url}</pre>
          {repository.waits && <p className="small">Waits for the forge: {repository.waits}</p>}
          {repository.note && <p className="small">{repository.note}</p>}
          <ol className={styles.commits}>
            {repository.commits.toReversed().map((commit) => (
              <li key={commit.sha}>
                <span className="mono">{commit.sha.slice(0, 12)}</span> {commit.message.split("\n")[0]}
              </li>
            ))}
          </ol>
        </article>
      ))}
    </section>
  );
}
