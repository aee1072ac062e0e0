import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "@/lib/api/client";
import { useRequestKey } from "@/lib/requestKey";
import { Problem } from "@/components/Problem";
import styles from "./memory.module.css";

const FEWEST = 12;
const MOST = 2_000;

/** The CEO's own words for every task from now on. */
export function AddRule() {
  const [text, setText] = useState("");
  const key = useRequestKey();
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/memories", {
          params: { header: { "idempotency-key": key.current } },
          body: { content: text.trim(), kind: "preference", tags: [] },
        }),
      ),
    async onSuccess() {
      key.renew();
      setText("");
      await client.invalidateQueries({ queryKey: ["memories"] });
    },
  });
  const fits = text.trim().length >= FEWEST && text.length <= MOST;
  return (
    <form
      className={styles.add}
      onSubmit={(event) => {
        event.preventDefault();
        if (fits && !add.isPending) add.mutate();
      }}
    >
      <textarea
        id="add"
        rows={2}
        aria-label="A rule for every task"
        placeholder="A rule for every task: never name a customer in a report."
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (add.isError) key.renew();
        }}
      />
      <button className="primary" disabled={!fits || add.isPending}>
        Lay it down
      </button>
      <Problem error={add.error} />
    </form>
  );
}
