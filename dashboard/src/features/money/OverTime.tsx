import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { moneySeries } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { dateTime, money, plural } from "@/lib/format";
import { barsOf, type Bar } from "./slices";
import styles from "./money.module.css";

const BY = ["hour", "day"] as const;

/** What was spent hour by hour, or day by day; what calls in flight hold stands hatched on the last bar. */
export function OverTime({ held, nameOf }: { held: number; nameOf: (role: string) => string }) {
  const [by, setBy] = useState<"hour" | "day">("hour");
  const asked = useQuery(moneySeries(by));
  return (
    <section aria-labelledby="over-time">
      <div className={styles.line}>
        <h2 id="over-time">Over time</h2>
        <span role="radiogroup" aria-label="One bar is" className={styles.by}>
          {BY.map((one) => (
            <button
              key={one}
              role="radio"
              className="plain"
              aria-checked={one === by}
              onClick={() => setBy(one)}
            >
              by {one}
            </button>
          ))}
        </span>
      </div>
      {asked.data ? (
        <Bars bars={barsOf(asked.data)} held={held} nameOf={nameOf} by={by} />
      ) : (
        <Pending error={asked.error} />
      )}
    </section>
  );
}

interface BarsProps {
  bars: Bar[];
  held: number;
  nameOf: (role: string) => string;
  by: "hour" | "day";
}

function Bars({ bars, held, nameOf, by }: BarsProps) {
  const most = Math.max(1, held, ...bars.map(({ cost }, at) => cost + (at === bars.length - 1 ? held : 0)));
  const whole = bars.reduce((sum, { cost }) => sum + cost, 0);
  const last = bars.at(-1);
  const says = `${money(whole)} in ${plural(bars.length, by)}${held > 0 ? `, ${money(held)} held` : ""}`;
  return (
    <>
      <div className={styles.bars} role="img" aria-label={says}>
        {bars.map((bar) => (
          <span key={bar.at} className={styles.slice} title={inWords(bar, nameOf)}>
            {bar === last && held > 0 && (
              <span className={styles.hatched} style={{ height: `${(held / most) * 100}%` }} />
            )}
            <span className={styles.spentBar} style={{ height: `${(bar.cost / most) * 100}%` }} />
          </span>
        ))}
      </div>
      <p className="small">
        {bars[0] && `Since ${dateTime(bars[0].at)}: ${says}`}
        {last && last.cost > 0 && by === "hour" && `; this hour ${money(last.cost)}`}
      </p>
    </>
  );
}

function inWords({ at, cost, calls, lost, parts }: Bar, nameOf: (role: string) => string): string {
  const who = parts.map(({ name, cost: own }) => `${nameOf(name)} ${money(own)}`).join(", ");
  const gone = lost > 0 ? `, ${lost} without an answer` : "";
  return `${dateTime(at)}: ${money(cost)}, ${plural(calls, "call")}${gone}${who ? ` (${who})` : ""}`;
}
