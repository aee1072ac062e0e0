import type { Repository } from "@/lib/api/client";
import styles from "./code.module.css";

/** How a repository is taken along, and what to know of it at the forge. */
export function Offered({ repository }: { repository: Repository }) {
  const { url, start, folder, zip, branch, pull_request, waits, note } = repository;
  const rest = { "start it": start, folder, zip, branch, "asks to be taken": pull_request };
  return (
    <div>
      <pre className={styles.clone}>git clone {url}</pre>
      {Object.entries(rest).map(
        ([word, value]) =>
          value && (
            <p key={word} className={`small ${styles.fact}`}>
              {word}: <code>{value}</code>
            </p>
          ),
      )}
      {waits && <p className="small">Waits for the forge: {waits}</p>}
      {note && <p className="small">{note}</p>}
    </div>
  );
}
