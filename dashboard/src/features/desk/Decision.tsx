import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { api, ask, type DeskItem, type NewDirective } from "@/lib/api/client";
import { useRequestKey } from "@/lib/requestKey";
import { Problem } from "@/components/Problem";
import styles from "./desk.module.css";

const MOST = 20_000;

/** What a mission left to the CEO: nobody waits for it, and a directive that follows it takes it. */
export function Decision({ item, children }: { item: DeskItem; children: ReactNode }) {
  const [text, setText] = useState("");
  const key = useRequestKey();
  const client = useQueryClient();
  const give = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/directives", {
          params: { header: { "idempotency-key": key.current } },
          body: { text: text.trim(), follows: item.id } as NewDirective,
        }),
      ),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ["desk"] });
      await client.invalidateQueries({ queryKey: ["missions"] });
    },
  });
  const ready = text.trim() !== "" && text.length <= MOST && !give.isPending;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && ready) give.mutate();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) give.mutate();
      }}
    >
      <textarea
        className={styles.answer}
        aria-label="Your decision, as a directive"
        placeholder="Your decision, as a directive: the new mission goes on from this one"
        rows={3}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (give.isError) key.renew();
        }}
        onKeyDown={onKeyDown}
      />
      <Problem error={give.error} />
      <p className={styles.buttons}>
        <button className="primary" disabled={!ready} aria-keyshortcuts="Control+Enter">
          Answer as directive
        </button>
        {children}
      </p>
    </form>
  );
}
