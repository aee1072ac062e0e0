import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask, type WebSession } from "@/lib/api/client";
import { sessions } from "@/lib/api/queries";
import { dateTime, oneLine, timeOfDay } from "@/lib/format";
import { Problem } from "@/components/Problem";
import styles from "./system.module.css";

const MOST_CHARS = 120;

/** Which browsers are logged in; logs one out, and another device in. */
export function Browsers() {
  const asked = useQuery(sessions);
  return (
    <section aria-labelledby="browsers">
      <h2 id="browsers" tabIndex={-1}>
        Logged in
      </h2>
      <Problem error={asked.error} />
      <ul className={styles.browsers}>
        {asked.data?.items.map((session) => (
          <Browser key={session.id} session={session} />
        ))}
      </ul>
      <AnotherDevice />
    </section>
  );
}

function Browser({ session }: { session: WebSession }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask(api.DELETE("/api/sessions/{id}", { params: { path: { id: session.id } } })),
    onSuccess: () => (session.is_current ? location.assign("/login") : client.invalidateQueries(sessions)),
  });
  return (
    <li>
      <span>{oneLine(session.device, MOST_CHARS)}</span>
      <span className="small">
        {session.is_current && "this browser, "}
        since {dateTime(session.created_at)}, seen {dateTime(session.seen_at)}
      </span>
      <button disabled={end.isPending} onClick={() => end.mutate()}>
        Log out
      </button>
      <Problem error={end.error} />
    </li>
  );
}

/** A code to type there: whoever has it is logged in as you. */
function AnotherDevice() {
  const make = useMutation({
    mutationFn: () => ask(api.POST("/api/sessions/codes", { body: { kind: "pairing" } })),
  });
  return (
    <>
      <button id="pair" disabled={make.isPending} onClick={() => make.mutate()}>
        Log in another device
      </button>
      <p role="status">
        {make.data && (
          <>
            Open <span className="mono">{location.origin + make.data.path}</span> there and type{" "}
            <strong className="mono">{make.data.code}</strong>; it works once, until{" "}
            {timeOfDay(make.data.expires_at)}.
          </>
        )}
      </p>
      <Problem error={make.error} />
    </>
  );
}
