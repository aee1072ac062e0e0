import { Link } from "wouter";
import type { Mission } from "@/lib/api/client";
import { dateTime, money, oneLine, plural, took } from "@/lib/format";
import { Since } from "@/components/Since";
import { StatusMark } from "@/components/StatusMark";
import styles from "./missions.module.css";

/** How many of a mission's tasks are completed. */
function doneOf(counts: Record<string, number> = {}): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `${counts.completed ?? 0} of ${plural(all, "task")}`;
}

interface Props {
  missions: readonly Mission[];
  /** What is said where there is none. */
  none: string;
}

export function MissionList({ missions, none }: Props) {
  if (missions.length === 0) return <p className="small">{none}</p>;
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
            · {doneOf(mission.task_counts)} · {money(mission.spent_microusd)} of{" "}
            {money(mission.limit_microusd)} · {dateTime(mission.created_at)}
            {mission.rehearsal && " · rehearsal"}
          </span>
        </li>
      ))}
    </ul>
  );
}
