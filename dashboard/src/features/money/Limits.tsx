import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask, type Budget } from "@/lib/api/client";
import { Problem } from "@/components/Problem";
import { money, parseDollars } from "@/lib/format";
import styles from "./money.module.css";

/** A limit: what is spent of it, what calls in flight hold, and how to change it. */
export function LimitBar({
  budget,
  name,
  change,
}: {
  budget: Budget;
  name: string;
  change?: (limit: number) => Promise<unknown>;
}) {
  const { spent_microusd: spent, reserved_microusd: held, limit_microusd: limit } = budget;
  const part = (amount: number) => `${Math.min(100, (amount / Math.max(1, limit)) * 100)}%`;
  return (
    <section className={styles.limit}>
      <p className={styles.line}>
        <b>{name}</b>
        <span>
          {money(spent)} of {money(limit)}
          {held > 0 && `, ${money(held)} held`}
          {!budget.price_known && " (a price was assumed)"}
        </span>
      </p>
      <div
        className={styles.bar}
        role="meter"
        aria-label={`${name}: spent`}
        aria-valuemin={0}
        aria-valuemax={limit / 1e6}
        aria-valuenow={Math.min(spent, limit) / 1e6}
        aria-valuetext={`${money(spent)} of ${money(limit)}`}
      >
        <span
          className={spent + held >= limit * 0.8 ? styles.near : styles.spent}
          style={{ width: part(spent) }}
        />
        <span className={styles.held} style={{ width: part(held) }} />
      </div>
      {change && <ChangeLimit name={name} limit={limit} change={change} />}
    </section>
  );
}

function ChangeLimit({
  name,
  limit,
  change,
}: {
  name: string;
  limit: number;
  change: (limit: number) => Promise<unknown>;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const client = useQueryClient();
  const amount = parseDollars(typed ?? "");
  const set = useMutation({
    mutationFn: change,
    async onSuccess() {
      setTyped(null);
      await client.invalidateQueries();
    },
  });
  if (typed === null) {
    return (
      <button className={styles.edit} onClick={() => setTyped(String(limit / 1e6))}>
        Change …
      </button>
    );
  }
  return (
    <form
      className={styles.edit}
      onSubmit={(event) => {
        event.preventDefault();
        if (amount !== null) set.mutate(amount);
      }}
    >
      <label>
        {name}: limit $
        <input
          autoFocus
          inputMode="decimal"
          value={typed}
          aria-invalid={amount === null}
          onChange={(e) => setTyped(e.target.value)}
        />
      </label>{" "}
      <button className="primary" disabled={amount === null || set.isPending}>
        Set the limit
      </button>{" "}
      <button type="button" onClick={() => setTyped(null)}>
        Leave it
      </button>
      <Problem error={set.error} />
    </form>
  );
}

export function setLimit(scope: "day" | "company", limit: number): Promise<unknown> {
  return ask(
    api.POST("/api/budget/{scope}", { params: { path: { scope } }, body: { limit_microusd: limit } }),
  );
}

export function setMissionLimit(name: string, limit: number): Promise<unknown> {
  return ask(
    api.POST("/api/missions/{name}/budget", { params: { path: { name } }, body: { limit_microusd: limit } }),
  );
}
