import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { moneyCalls } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { dateTime, money, took } from "@/lib/format";
import styles from "./money.module.css";

/** The last model calls, one by one: what each was for, took and cost, and which had no answer. */
export function Calls({ nameOf }: { nameOf: (role: string) => string }) {
  const asked = useQuery(moneyCalls);
  return (
    <section>
      <h2>Call by call</h2>
      {asked.data ? (
        <div className={styles.wide} tabIndex={0} role="region" aria-label="Call by call">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Who</th>
                <th>For</th>
                <th>Model</th>
                <th className="number">Took</th>
                <th className="number">Tokens in</th>
                <th className="number">Tokens out</th>
                <th className="number">Cost</th>
              </tr>
            </thead>
            <tbody>
              {asked.data.items.map((call) => (
                <tr key={call.id}>
                  <td className={styles.when}>{dateTime(call.created_at)}</td>
                  <td>{nameOf(call.role)}</td>
                  <td>
                    <Link href={`/missions/${call.mission_slug}?task=${call.task_id}`}>
                      {call.task_title}
                    </Link>
                  </td>
                  <td className="mono">{call.model}</td>
                  <td className="number mono">
                    {call.asked_at && took(Date.parse(call.created_at) - Date.parse(call.asked_at))}
                  </td>
                  <td className="number">{call.input_tokens.toLocaleString("en-US")}</td>
                  <td className="number">{call.output_tokens.toLocaleString("en-US")}</td>
                  <td className="number">
                    {money(call.cost_microusd)}
                    {!call.price_known && " ~"}
                    {call.lost && <span className="tone-failed"> no answer</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {asked.data.items.length === 0 && <p className="small">Nothing yet.</p>}
        </div>
      ) : (
        <Pending error={asked.error} />
      )}
    </section>
  );
}
