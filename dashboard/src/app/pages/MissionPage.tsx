import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParams, useSearchParams } from "wouter";
import { mission as missionQuery } from "@/lib/api/queries";
import type { MissionDetail, Report } from "@/lib/api/client";
import { useNow } from "@/lib/clock";
import { download } from "@/lib/download";
import { useMissionLog, type MissionLog } from "@/lib/history";
import type { LedgerEvent, LedgerState } from "@/lib/ledger/types";
import { useNames } from "@/lib/names";
import { PendingPage } from "@/components/Problem";
import { StatusMark } from "@/components/StatusMark";
import { placeInCode } from "@/features/code/places";
import { TaskGraph } from "@/features/graph/TaskGraph";
import { OfficeCard } from "@/features/office/OfficeCard";
import { Answer } from "@/features/missions/Answer";
import { CancelMission } from "@/features/missions/CancelMission";
import { Redirect } from "@/features/missions/Redirect";
import { Trust } from "@/features/missions/Trust";
import { PlaybackBar } from "@/features/playback/PlaybackBar";
import { usePlayback } from "@/features/playback/usePlayback";
import { Score } from "@/features/score/Score";
import { Transcript } from "@/features/transcript/Transcript";
import { WhoTableThen } from "@/features/who/WhoTable";
import { savePage } from "@/app/exported";
import styles from "./mission.module.css";

export default function MissionPage() {
  const { slug } = useParams<{ slug: string }>();
  const asked = useQuery(missionQuery(slug));
  if (!asked.data) return <PendingPage title="Mission" error={asked.error} />;
  return <Mission key={slug} mission={asked.data} />;
}

function Mission({ mission }: { mission: MissionDetail }) {
  const names = useNames();
  const planner = names.people.find((person) => person.role === "vp");
  const log = useMissionLog(mission);
  return (
    <article className="page">
      <h1 className={styles.directive}>{mission.directive_text}</h1>
      <Answer mission={mission} by={planner ? `${planner.fullName}, ${planner.title}` : "The VP"} />
      <Trust mission={mission} events={log?.events ?? []} />
      <Results mission={mission} />
      {log && <Course mission={mission} log={log} />}
      <Redirect mission={mission} names={names} />
      <CancelMission mission={mission} />
    </article>
  );
}

/** What it left behind: reports and code. */
function Results({ mission }: { mission: MissionDetail }) {
  if (mission.reports.length + mission.repositories.length === 0) return null;
  return (
    <section aria-labelledby="results">
      <h2 id="results">Results</h2>
      <ul className={styles.results}>
        {mission.reports.toSorted(summaryFirst).map((report) => (
          <li key={report.name}>
            <span aria-hidden="true">▤</span>{" "}
            <Link href={`/reports/${mission.slug}/${report.name}`} className="serif">
              {report.title}
            </Link>
          </li>
        ))}
        {mission.repositories.map((repository) => (
          <li key={repository.name}>
            <span aria-hidden="true">{"{}"}</span>{" "}
            <Link href={placeInCode(repository.id || repository.name)}>{repository.name}</Link>{" "}
            <span className="mono small">git clone {repository.url}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function summaryFirst(one: Report, other: Report): number {
  return Number(other.name === "README") - Number(one.name === "README");
}

/** How it went: the score, what waited for what, and what was said and done; now, or at the playhead. */
function Course({ mission, log }: { mission: MissionDetail; log: MissionLog }) {
  const now = useNow();
  const names = useNames();
  const [search, setSearch] = useSearchParams();
  const { events } = log;
  const at = Number(search.get("at"));
  const playback = usePlayback(events, log.state, Number.isSafeInteger(at) && at > 0 ? at : null);
  const keys = useMemo(() => new Map(mission.tasks.map((task) => [task.id, task.key])), [mission.tasks]);
  const chosen = mission.tasks.find((task) => task.id === search.get("task")) ?? mission.tasks.at(-1);
  const choose = (id: string) => {
    setSearch((before) => {
      before.set("task", id);
      return before;
    });
  };
  const end = mission.finished_at ? Date.parse(mission.finished_at) : now;
  const whole = Math.max(1, end - playback.begin);
  return (
    <>
      <section className="card" aria-labelledby="course">
        <div className={styles.head}>
          <h2 id="course">How it went</h2>
          <StatusMark status={playback.state.missions[mission.id]?.status ?? mission.status} />
        </div>
        <Score
          state={log.state}
          missionId={mission.id}
          names={names}
          keys={keys}
          end={end}
          {...(playback.time === undefined ? {} : { playhead: (playback.time - playback.begin) / whole })}
        />
        <PlaybackBar
          playback={playback}
          events={events}
          name={mission.slug}
          onExport={() => download(`${mission.slug}.json`, JSON.stringify({ mission, events }, null, 1))}
          onSavePage={() => void savePage(mission, log, names, end)}
        />
        {playback.time !== undefined && (
          <OfficeThen mission={mission} events={events} state={playback.state} time={playback.time} />
        )}
      </section>
      <TaskGraph
        tasks={mission.tasks}
        state={playback.state}
        names={names}
        chosen={chosen?.id}
        onChoose={choose}
      />
      {chosen && (
        <Transcript
          task={chosen}
          state={playback.state.tasks[chosen.id]}
          name={names.of(chosen.role)}
          until={playback.time}
        />
      )}
    </>
  );
}

interface ThenProps {
  mission: MissionDetail;
  events: readonly LedgerEvent[];
  state: LedgerState;
  time: number;
}

/** Who did what at the playhead. */
function OfficeThen({ mission, events, state, time }: ThenProps) {
  const { id, slug, limit_microusd: limit, rehearsal } = mission;
  const shown = useMemo(() => ({ id, slug, spent: null, limit, rehearsal }), [id, slug, limit, rehearsal]);
  const then = useMemo(() => events.filter(({ seq }) => seq <= state.seq), [events, state.seq]);
  return (
    <div className={styles.then}>
      <OfficeCard state={state} events={then} mission={shown} now={time} frozen={false}>
        <WhoTableThen state={state} />
      </OfficeCard>
    </div>
  );
}
