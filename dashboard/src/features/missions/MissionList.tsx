import { Link } from "wouter";
import type { Mission } from "@/lib/api/client";
import { dateTime, money, oneLine, took } from "@/lib/format";
import { Since } from "@/components/Since";
import { StatusMark } from "@/components/StatusMark";
import styles from "./missions.module.css";

export function MissionList({ missions }: { missions: readonly Mission[] }) {
  if (missions.length === 0) return <p className="small">Nothing yet. Give the first directive.</p>;
  return (
    <ul className={styles.list}>
      {missions.map((mission) => (
        <li key={mission.id}>
          <StatusMark status={mission.status} />
          <Link href={`/missions/${mission.slug}`} className={styles.title}>
            {oneLine(mission.directive_text, 200)}
          </Link>
          <span className={styles.facts}>
            {mission.finished_at ? (
              <span className="mono">{took(mission.seconds * 1000)}</span>
            ) : (
              <Since from={Date.parse(mission.created_at)} />
            )}{" "}
            · {money(mission.spent_microusd)} of {money(mission.limit_microusd)} ·{" "}
            {dateTime(mission.created_at)}
            {mission.rehearsal && " · rehearsal"}
          </span>
        </li>
      ))}
    </ul>
  );
}
