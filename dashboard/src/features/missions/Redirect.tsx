import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask, type MissionDetail } from "@/lib/api/client";
import type { Names } from "@/lib/names";
import { useRequestKey } from "@/lib/requestKey";
import { Problem } from "@/components/Problem";
import { sayTwin } from "./say";
import styles from "./missions.module.css";

const RUNNING = new Set(["planning", "running", "synthesizing"]);
const MOST = 10_000;

/** Tell those who work on a mission to do it otherwise; they read it before their next step. */
export function Redirect({ mission, names }: { mission: MissionDetail; names: Names }) {
  const [to, setTo] = useState("all");
  const [text, setText] = useState("");
  const key = useRequestKey();
  const client = useQueryClient();
  const say = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/missions/{name}/say", {
          params: { path: { name: mission.slug }, header: { "idempotency-key": key.current } },
          body: { to, text: text.trim() },
        }),
      ),
    async onSuccess() {
      key.renew();
      setText("");
      await client.invalidateQueries({ queryKey: ["mission"] });
    },
  });
  if (!RUNNING.has(mission.status)) return null;
  const fits = text.trim() !== "" && text.length <= MOST;
  const changed = () => {
    if (say.isError) key.renew(); // what is said now is something else
  };
  const named = (role: string) => (role === "all" ? "all who work on it" : `${names.of(role)}, ${role}`);
  return (
    <section aria-labelledby="redirect">
      <h2 id="redirect">Say what to do otherwise</h2>
      <form
        className={styles.redirect}
        onSubmit={(event) => {
          event.preventDefault();
          if (fits && !say.isPending) say.mutate();
        }}
      >
        <select
          aria-label="Whom you tell"
          value={to}
          onChange={(event) => {
            setTo(event.target.value);
            changed();
          }}
        >
          {["all", ...new Set(mission.tasks.map(({ role }) => role))].map((role) => (
            <option key={role} value={role}>
              {named(role)}
            </option>
          ))}
        </select>
        <textarea
          id="say"
          rows={2}
          aria-label="What they are told"
          placeholder="They read it before their next step, as an order."
          maxLength={MOST}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            changed();
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
              event.currentTarget.form?.requestSubmit();
          }}
        />
        <button className="primary" disabled={!fits || say.isPending}>
          Tell them
        </button>
      </form>
      <p className="small">
        The same in a terminal: <code className={styles.twin}>{sayTwin(mission.slug, to, text)}</code>
      </p>
      <p role="status" className="small">
        {say.data && !say.isPending && `Said to ${named(say.data.to)}; it stands on the trail.`}
      </p>
      <Problem error={say.error} />
    </section>
  );
}
