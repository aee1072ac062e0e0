import { useQuery } from "@tanstack/react-query";
import type { Playbook } from "@/lib/api/client";
import { budget, playbooks } from "@/lib/api/queries";
import { money, took } from "@/lib/format";
import type { Wishes } from "./wishes";
import styles from "./composer.module.css";

interface Props {
  wishes: Wishes;
  wrongLimit: boolean;
  onChange: (change: Partial<Wishes>) => void;
}

/** How it is to be done: by which playbook, at most for how much, with a quote first, on which code. */
export function Options({ wishes, wrongLimit, onChange }: Props) {
  const known = useQuery(playbooks).data?.items ?? [];
  const day = useQuery(budget).data?.day;
  const chosen = known.find((one) => one.name === wishes.playbook);
  return (
    <>
      <div className={styles.row}>
        <label>
          Playbook{" "}
          <select value={wishes.playbook} onChange={(event) => onChange({ playbook: event.target.value })}>
            <option value="">the usual</option>
            {known.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
        <label>
          At most ${" "}
          <input
            className={styles.limit}
            inputMode="decimal"
            placeholder="usual"
            aria-invalid={wrongLimit}
            value={wishes.limit}
            onChange={(event) => onChange({ limit: event.target.value })}
          />
        </label>
        <span className="small">
          {day &&
            `${money(Math.max(0, day.limit_microusd - day.spent_microusd - day.reserved_microusd))} left today`}
        </span>
      </div>
      {chosen && <LikeIt playbook={chosen} />}
      <div className={styles.row}>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={wishes.asks}
            onChange={(event) => onChange({ asks: event.target.checked })}
          />{" "}
          ask me where the direction is unclear
        </label>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={wishes.quote}
            onChange={(event) => onChange({ quote: event.target.checked })}
          />{" "}
          quote the plan first; it begins when I sign
        </label>
      </div>
      <details className={styles.code} open={wishes.repository !== "" || undefined}>
        <summary>Work on code that there is</summary>
        <div className={styles.row}>
          <label>
            Its address or folder{" "}
            <input
              placeholder="https://… or /folder"
              maxLength={500}
              value={wishes.repository}
              onChange={(event) => onChange({ repository: event.target.value })}
            />
          </label>
          <label>
            What runs its tests{" "}
            <input
              className="mono"
              placeholder="found by the program"
              maxLength={200}
              value={wishes.testCommand}
              onChange={(event) => onChange({ testCommand: event.target.value })}
            />
          </label>
        </div>
      </details>
    </>
  );
}

/** What missions by a playbook cost and took here; those that were played do not count. */
function LikeIt({ playbook: { suits, past } }: { playbook: Playbook }) {
  return (
    <p className="small">
      For {suits}.{" "}
      {past
        ? `${past.n} ${past.n === 1 ? "mission" : "missions"} like it: ${money(past.cost_microusd)}, ${took(past.seconds * 1000)} on average.`
        : "No mission like it yet, so nothing is known of its cost here."}
    </p>
  );
}
