import type { BudgetOverview } from "@/lib/api/client";
import { money } from "@/lib/format";
import styles from "./money.module.css";

type Spend = BudgetOverview["roles"][number];

export function SpendTable({
  title,
  rows,
  nameOf,
}: {
  title: string;
  rows: readonly Spend[];
  nameOf: (of: string) => string;
}) {
  const most = Math.max(1, ...rows.map((row) => row.cost_microusd));
  const sorted = rows.toSorted((one, other) => other.cost_microusd - one.cost_microusd);
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="small">Nothing yet.</p>
      ) : (
        <div className={styles.wide} tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th>Of</th>
                <th className={styles.share}>
                  <span className="hidden">Share</span>
                </th>
                <th className="number">Spent</th>
                <th className="number">Calls</th>
                <th className="number">Tokens in</th>
                <th className="number">Tokens out</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((row) => (
                <tr key={row.of}>
                  <td>{nameOf(row.of)}</td>
                  <td aria-hidden="true">
                    <span
                      className={styles.share}
                      style={{ width: `${(row.cost_microusd / most) * 100}%` }}
                    />
                  </td>
                  <td className="number">
                    {money(row.cost_microusd)}
                    {row.unknown_prices > 0 && " ~"}
                  </td>
                  <td className="number">{row.calls.toLocaleString("en-US")}</td>
                  <td className="number">{row.input_tokens.toLocaleString("en-US")}</td>
                  <td className="number">{row.output_tokens.toLocaleString("en-US")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
