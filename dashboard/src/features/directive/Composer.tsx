import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type KeyboardEvent } from "react";
import { api, ask, type NewDirective } from "@/lib/api/client";
import { budget } from "@/lib/api/queries";
import { money, parseDollars } from "@/lib/format";
import { Problem } from "@/components/Problem";
import styles from "./composer.module.css";

const MOST_CHARACTERS = 20_000;

/** Where the CEO says what the company should do. However often it is sent, one text makes one mission. */
export function Composer() {
  const [text, setText] = useState("");
  const [limit, setLimit] = useState("");
  const [asks, setAsks] = useState(true);
  const key = useRef(crypto.randomUUID());
  const client = useQueryClient();
  const day = useQuery(budget).data?.day;
  const amount = parseDollars(limit);
  const wrongLimit = limit.trim() !== "" && amount === null;
  const ready = text.trim() !== "" && text.length <= MOST_CHARACTERS && !wrongLimit;

  const give = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/directives", {
          params: { header: { "idempotency-key": key.current } },
          body: { text: text.trim(), budget_microusd: amount, ask: asks } as NewDirective,
        }),
      ),
    onSuccess() {
      key.current = crypto.randomUUID();
      setText("");
      void client.invalidateQueries({ queryKey: ["missions"] });
    },
  });
  const submit = () => {
    if (ready && !give.isPending) give.mutate();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit();
  };
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label className="hidden" htmlFor="directive">
        What should the company do?
      </label>
      <textarea
        id="directive"
        rows={3}
        placeholder="What should the company do?"
        value={text}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
          if (give.isError) key.current = crypto.randomUUID();
        }}
      />
      <div className={styles.row}>
        <label>
          At most $
          <input
            className={styles.limit}
            inputMode="decimal"
            placeholder="usual"
            aria-invalid={wrongLimit}
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        </label>
        <span className="small">
          {day &&
            `${money(Math.max(0, day.limit_microusd - day.spent_microusd - day.reserved_microusd))} left today`}
        </span>
        <label className={styles.asks}>
          <input type="checkbox" checked={asks} onChange={(event) => setAsks(event.target.checked)} /> ask me
          where the direction is unclear
        </label>
        <button className="primary" disabled={!ready || give.isPending}>
          {give.isPending ? "Giving …" : "Give directive"}
        </button>
      </div>
      {wrongLimit && <p className="small tone-failed">The limit is dollars, such as 4 or 2.50.</p>}
      {text.length > MOST_CHARACTERS && (
        <p className="small tone-failed">
          A directive has at most 20,000 characters; this has {text.length}.
        </p>
      )}
      <Problem error={give.error} />
      <p role="status" className={give.isSuccess && text === "" ? "small" : "hidden"}>
        {give.isSuccess && "Given. The VP reads it."}
      </p>
    </form>
  );
}
