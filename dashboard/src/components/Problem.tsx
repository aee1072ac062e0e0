import styles from "./problem.module.css";

/** What went wrong, in the office's words: what, where, what to do. */
export function Problem({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <p role="alert" className={styles.problem}>
      <span aria-hidden="true">✕</span> {error.message}
    </p>
  );
}

/** A page that has nothing yet but its name. */
export function PendingPage({ title, error }: { title: string; error: Error | null }) {
  return (
    <div className="page">
      <h1>{title}</h1>
      <Pending error={error} />
    </div>
  );
}

/** What is shown while the first answer is awaited, or when it did not come. */
export function Pending({ error }: { error: Error | null }) {
  return error ? <Problem error={error} /> : <p className="small">Asking the office …</p>;
}
