import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { desk, missions, staff } from "@/lib/api/queries";
import type { Mission } from "@/lib/api/client";
import { useNow } from "@/lib/clock";
import { useNames } from "@/lib/names";
import { useCompany } from "@/lib/store";
import { headline, progress } from "./headline";
import styles from "./headline.module.css";

export function HeadlineView({ mission }: { mission: Mission | undefined }) {
  const now = useNow();
  const names = useNames();
  const { state, doing, connection, lostAt } = useCompany();
  const known = useQuery(missions);
  const { text, tone } = headline({
    connection,
    lostAt,
    now,
    doing,
    nameOf: names.of,
    waiting: useQuery(desk).data?.items.length ?? 0,
    staff: useQuery(staff).data ?? [],
    missions: known.data?.items ?? [],
  });
  return (
    <header className={styles.headline}>
      <h2>Now</h2>
      <h1 className={`tone-${tone}`}>
        {tone === "you" ? (
          <Link href="/desk">{text}</Link>
        ) : known.data || connection === "lost" ? (
          text
        ) : (
          "Asking the office …"
        )}
      </h1>
      {mission && <p className={styles.progress}>{progress(mission, state, now)}</p>}
    </header>
  );
}
