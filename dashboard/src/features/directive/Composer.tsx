import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type KeyboardEvent } from "react";
import { api, ask } from "@/lib/api/client";
import { useRequestKey } from "@/lib/requestKey";
import { Problem } from "@/components/Problem";
import { Options } from "./Options";
import { NOTHING, requestOf, wrongWith, type Wishes } from "./wishes";
import styles from "./composer.module.css";

/** Where the CEO says what the company should do. However often it is sent, one text makes one mission. */
export function Composer() {
  const [wishes, setWishes] = useState<Wishes>(NOTHING);
  const key = useRequestKey();
  const client = useQueryClient();
  const wrong = wrongWith(wishes);
  const ready = wishes.text.trim() !== "" && wrong === null;

  const give = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/directives", {
          params: { header: { "idempotency-key": key.current } },
          body: requestOf(wishes),
        }),
      ),
    onSuccess() {
      key.renew();
      setWishes((before) => ({ ...before, text: "" }));
      void client.invalidateQueries({ queryKey: ["missions"] });
    },
  });
  const change = (part: Partial<Wishes>) => {
    setWishes((before) => ({ ...before, ...part }));
    if (give.isError) key.renew();
  };
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
        value={wishes.text}
        onKeyDown={onKeyDown}
        onChange={(event) => change({ text: event.target.value })}
      />
      <Options wishes={wishes} wrongLimit={wrong !== null && wishes.limit !== ""} onChange={change} />
      <div className={styles.end}>
        <div>
          {wrong !== null && <p className="small tone-failed">{wrong}</p>}
          <Problem error={give.error} />
          <p role="status" className={give.isSuccess && wishes.text === "" ? "small" : "hidden"}>
            {give.isSuccess && "Given. The VP reads it."}
          </p>
        </div>
        <button className="primary" disabled={!ready || give.isPending}>
          {give.isPending ? "Giving …" : "Give directive"}
        </button>
      </div>
    </form>
  );
}
