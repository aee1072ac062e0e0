import { Link } from "wouter";
import type { MissionDetail, Receipt } from "@/lib/api/client";
import { oneLine, plural } from "@/lib/format";
import type { LedgerEvent } from "@/lib/ledger/types";
import styles from "./missions.module.css";

const OUTSIDE_MARKS = new Set(["verified", "cited, not verified"]);

/** What the program checked, what rests on the staff's word, what is the CEO's to decide. */
export function Trust({ mission, events }: { mission: MissionDetail; events: readonly LedgerEvent[] }) {
  const held = mission.receipts.filter((receipt) => receipt.ok);
  const missing = mission.receipts.length - held.length;
  const tests = held.findLast((receipt) => receipt.kind === "tests");
  const cited = citedEntries(mission);
  const outside = cited.filter((ref) => isFromOutside(ref, mission.id, events)).length;
  return (
    <div className={styles.trust}>
      <section className={styles.checked}>
        <h2>Checked by the program</h2>
        <p className={`${styles.figure} tone-holds`}>
          <span aria-hidden="true">▣</span> {plural(held.length, "receipt")} hold
          {held.length === 1 ? "s" : ""}
        </p>
        <p className="small">
          {tests ? testsInWords(tests) : "No tests were run."}
          {missing > 0 && ` ${plural(missing, "check")} failed before.`}
        </p>
      </section>
      <section className={styles.word}>
        <h2>Rests on the staff’s word</h2>
        <p className={styles.figure}>{plural(cited.length, "entry", "entries")} cited</p>
        <p className="small">
          {outside} of {cited.length} name{outside === 1 ? "s" : ""} a source outside the company.
        </p>
      </section>
      <section className={mission.waiting.length > 0 ? styles.yours : styles.nothing}>
        <h2>Yours to decide</h2>
        <p className={`${styles.figure} ${mission.waiting.length ? "tone-you" : ""}`}>
          {mission.waiting.length > 0 && <span aria-hidden="true">◆ </span>}
          {mission.waiting.length > 0 ? (
            <Link href="/desk">{plural(mission.waiting.length, "request")}</Link>
          ) : (
            "Nothing"
          )}
        </p>
        <p className="small">
          {mission.waiting[0] ? oneLine(mission.waiting[0].text, 120) : "No request waits."}
        </p>
      </section>
    </div>
  );
}

function testsInWords({ detail, text }: Receipt): string {
  const { tests, commit } = detail;
  if (typeof tests !== "number" || typeof commit !== "string") return text;
  return `${plural(tests, "test")} pass${tests === 1 ? "es" : ""} on ${commit.slice(0, 10)}.`;
}

function citedEntries(mission: MissionDetail): string[] {
  const refs = mission.receipts.flatMap((receipt) => {
    const { sources } = receipt.detail;
    return Array.isArray(sources) ? sources.map(String) : [];
  });
  return [...new Set(refs)];
}

function isFromOutside(ref: string, missionId: string, events: readonly LedgerEvent[]): boolean {
  const entry = events.find((event) => event.mission_id === missionId && `e${event.entry}` === ref);
  return entry !== undefined && (entry.kind === "source" || OUTSIDE_MARKS.has(String(entry.payload["mark"])));
}
