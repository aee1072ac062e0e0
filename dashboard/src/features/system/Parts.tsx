import type { Health } from "@/lib/api/client";
import styles from "./system.module.css";

/** Each part of the company as the office reaches it. */
export function Parts({ health }: { health: Health }) {
  return (
    <>
      <p>
        {health.company}, version <span className="mono">{health.version}</span>; model{" "}
        <span className="mono">{health.model}</span>; code goes to{" "}
        <span className="mono">{health.forge}</span>
      </p>
      <table>
        <thead>
          <tr>
            <th>Part</th>
            <th>Works</th>
            <th>What was found</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(health.checks).map(([part, check]) => (
            <tr key={part}>
              <th scope="row">{part}</th>
              <td className={`${styles.works} ${check.ok ? "tone-holds" : "tone-failed"}`}>
                {check.ok ? "● works" : "✕ does not"}
              </td>
              <td>{check.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
