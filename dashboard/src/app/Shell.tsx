import { useQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { budget, desk, health } from "@/lib/api/queries";
import { money, plural, timeOfDay } from "@/lib/format";
import { useCompany } from "@/lib/store";
import { Boundary } from "@/components/Boundary";
import { Keys } from "@/features/palette/Keys";
import styles from "./shell.module.css";

const PAGES: [path: string, name: string][] = [
  ["/stage", "Stage"],
  ["/missions", "Missions"],
  ["/desk", "Desk"],
  ["/library", "Library"],
  ["/memory", "Memory"],
  ["/money", "Money"],
  ["/team", "Team"],
  ["/rules", "Rules"],
  ["/system", "System"],
  ["/search", "Search"],
];

export function Shell({ children }: { children: ReactNode }) {
  const waiting = useQuery(desk).data?.items.length ?? 0;
  const company = useQuery(health).data;
  const name = company?.company ?? "Damascus Frontier";
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${name}` : name;
  }, [waiting, name]);
  return (
    <>
      <a className={styles.skip} href="#main">
        To the content
      </a>
      <header className={styles.header}>
        <Link href="/stage" className={styles.brand}>
          {name}
        </Link>
        <Navigation waiting={waiting} />
        <TruthBar />
      </header>
      <section aria-label="Notices">
        <ConnectionBand />
        {company?.rehearsal && (
          <p className={styles.rehearsal}>
            Rehearsal: no model is configured; the staff plays a script and nothing it writes is real
            research.
          </p>
        )}
      </section>
      <main id="main" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      <Boundary>
        <Keys />
      </Boundary>
    </>
  );
}

function Navigation({ waiting }: { waiting: number }) {
  const [here] = useLocation();
  return (
    <nav className={styles.nav} aria-label="Pages">
      {PAGES.map(([path, name]) => (
        <Link key={path} href={path} aria-current={isAt(path, here) ? "page" : undefined}>
          {name}
          {path === "/desk" && waiting > 0 && (
            <span className="tone-you">
              {" "}
              <span aria-hidden="true">◆</span>
              {waiting}
              <span className="hidden"> waiting for you</span>
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}

/** Reports and pages that were read are on the library's shelves. */
function isAt(path: string, here: string): boolean {
  return here.startsWith(path) || (path === "/library" && /^\/(reports|sources)\//.test(here));
}

/** What holds on every page: whether it is live, how far the log is, who thinks, what today cost. */
function TruthBar() {
  const { connection, state } = useCompany();
  const model = useQuery(health).data?.model;
  const day = useQuery(budget).data?.day;
  return (
    <p className={styles.truth}>
      <span className={connection === "live" ? "tone-live" : "tone-quiet"} data-connection={connection}>
        <span aria-hidden="true">{connection === "live" ? "●" : "┄"}</span>{" "}
        {connection === "live" ? "live" : connection === "lost" ? "not connected" : "connecting"}
      </span>
      {` · e${state.seq}`}
      {model && <span className={styles.wide}> · {model}</span>}
      {day && (
        <>
          {` · ${money(day.spent_microusd)} `}
          <span className={styles.wide}>of {money(day.limit_microusd)} </span>today
        </>
      )}
    </p>
  );
}

/** Says that what is shown was true a while ago; once it is back, how much came since. */
function ConnectionBand() {
  const { connection, lostAt, lostSeq, state, events } = useCompany();
  if (connection === "lost" && lostAt !== null) {
    return (
      <p className={styles.lost} role="status">
        Not connected since {timeOfDay(lostAt)}; this was true then.
      </p>
    );
  }
  const came = lostAt === null ? 0 : events.filter((event) => event.seq > lostSeq).length;
  return (
    <p className="hidden" role="status">
      {lostAt !== null && state.seq > 0 && `Back; ${plural(came, "event")} came.`}
    </p>
  );
}
