import type { MissionDetail } from "@/lib/api/client";
import { money, took } from "@/lib/format";
import { Since } from "@/components/Since";
import { look } from "@/components/status";
import styles from "./missions.module.css";

/** What came of the mission, in the VP's own words; or why nothing did. */
export function Answer({ mission, by }: { mission: MissionDetail; by: string }) {
  const { word, tone } = look(mission.status);
  return (
    <header className={styles.answer}>
      <p className="small">
        <span className={`tone-${tone}`}>{word[0]?.toUpperCase() + word.slice(1)}</span> ·{" "}
        {mission.finished_at ? took(mission.seconds * 1000) : <Since from={Date.parse(mission.created_at)} />}{" "}
        · {money(mission.spent_microusd)} of {money(mission.limit_microusd)}
        {mission.price_known ? "" : " (a price was assumed)"}
        {mission.rehearsal && <b> · a rehearsal: nothing in it is real research</b>}
      </p>
      {mission.summary ? (
        <>
          <p className={styles.summary}>{mission.summary}</p>
          <p className="small">{by}, in their own words</p>
        </>
      ) : (
        <p className={styles.summary}>{mission.reason ?? mission.model_wait ?? "No answer yet."}</p>
      )}
    </header>
  );
}
