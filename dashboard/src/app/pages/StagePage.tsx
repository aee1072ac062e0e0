import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";
import { mission as missionQuery, missions as missionsQuery } from "@/lib/api/queries";
import type { Mission, MissionDetail } from "@/lib/api/client";
import { useNow } from "@/lib/clock";
import { useMissionLog } from "@/lib/history";
import { isOpen } from "@/lib/ledger/types";
import { useNames } from "@/lib/names";
import { useCompany } from "@/lib/store";
import { StatusMark } from "@/components/StatusMark";
import { money, oneLine, plural, took } from "@/lib/format";
import { Composer } from "@/features/directive/Composer";
import { HeadlineView } from "@/features/headline/HeadlineView";
import { OfficeCard } from "@/features/office/OfficeCard";
import { Score } from "@/features/score/Score";
import { SignalList } from "@/features/signal/SignalList";
import { WhoTable } from "@/features/who/WhoTable";
import { useSlugs, useTitles } from "@/app/titles";
import styles from "./stage.module.css";

export default function StagePage() {
  const names = useNames();
  const { events } = useCompany();
  const all = useQuery(missionsQuery).data?.items ?? [];
  const shown = all.find(isOpen) ?? all[0];
  const detail = useQuery({ ...missionQuery(shown?.slug ?? ""), enabled: shown !== undefined }).data;
  const titles = useTitles(all, detail ? [detail] : []);
  const slugs = useSlugs(all);
  const idle = !all.some(isOpen);
  // with nothing to watch the composer comes first; a node that moved would lose where it was scrolled to
  const composer = <Composer key="composer" />;
  const course = [
    shown && <ScoreCard key="score" mission={shown} detail={detail} />,
    <SignalList key="signal" events={events} names={names} titles={titles} slugs={slugs} />,
  ];
  return (
    <div className="page">
      <HeadlineView mission={shown && isOpen(shown) ? shown : undefined} />
      <div className={styles.columns}>
        <div className={idle ? styles.main : `${styles.main} ${styles.busy}`}>{[composer, ...course]}</div>
        <aside className={`card ${styles.side}`}>
          <Office mission={shown} />
        </aside>
      </div>
    </div>
  );
}

function Office({ mission }: { mission: Mission | undefined }) {
  const { state, events, doing, connection, lostAt } = useCompany();
  const log = useMissionLog(mission);
  const ticking = useNow();
  const lost = connection === "lost";
  const shown = useMemo(
    () =>
      mission && {
        id: mission.id,
        slug: mission.slug,
        spent: mission.spent_microusd,
        limit: mission.limit_microusd,
        rehearsal: mission.rehearsal,
      },
    [mission],
  );
  return (
    <OfficeCard
      state={mission && log && !isOpen(mission) ? log.state : state}
      events={events}
      mission={shown}
      doing={doing}
      now={lost ? (lostAt ?? ticking) : ticking}
      frozen={lost}
    >
      <WhoTable doing={doing} />
    </OfficeCard>
  );
}

/** What came of it, in short: the whole answer, and what it rests on, are on its page. */
function Outcome({ mission }: { mission: MissionDetail }) {
  const held = mission.receipts.filter(({ ok }) => ok).length;
  return (
    <div className={styles.outcome}>
      <p className="serif">{oneLine(mission.summary ?? mission.reason ?? "No answer.", 400)}</p>
      <p className="small">
        <Link href={`/missions/${mission.slug}`}>
          {mission.summary ? "The answer, and what it rests on" : "How it went"}
        </Link>
        {" · "}
        {plural(held, "receipt")} hold{held === 1 ? "s" : ""}, {took(mission.seconds * 1000)},{" "}
        {money(mission.spent_microusd)}
      </p>
    </div>
  );
}

function ScoreCard({ mission, detail }: { mission: Mission; detail: MissionDetail | undefined }) {
  const now = useNow();
  const names = useNames();
  const log = useMissionLog(mission);
  const keys = new Map((detail?.tasks ?? []).map((task) => [task.id, task.key]));
  return (
    <section className="card" aria-labelledby="score-title">
      <div className={styles.title}>
        <h2 id="score-title" className="serif">
          <Link href={`/missions/${mission.slug}`}>{oneLine(mission.directive_text, 120)}</Link>
        </h2>
        <StatusMark status={mission.status} />
      </div>
      {detail && !isOpen(mission) && <Outcome mission={detail} />}
      {log && (
        <Score
          state={log.state}
          missionId={mission.id}
          names={names}
          keys={keys}
          end={mission.finished_at ? Date.parse(mission.finished_at) : now}
        />
      )}
    </section>
  );
}
