import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "wouter";
import { mission as missionQuery, report as reportQuery } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { oneLine } from "@/lib/format";
import { useMissionLog } from "@/lib/history";
import { Reader } from "@/features/reports/Reader";

export default function ReportPage() {
  const { mission: slug, name } = useParams<{ mission: string; name: string }>();
  const report = useQuery(reportQuery(slug, name));
  const mission = useQuery(missionQuery(slug));
  const log = useMissionLog(mission.data);
  if (!report.data || !mission.data || !log) return <Pending error={report.error ?? mission.error} />;
  const task = mission.data.tasks.find((one) => one.id === report.data.task_id);
  return (
    <article className="page">
      <p className="small">
        <Link href="/library">Library</Link> ·{" "}
        <Link href={`/missions/${slug}`}>{oneLine(mission.data.directive_text, 100)}</Link>
        {mission.data.rehearsal && <b> · a rehearsal: nothing in it is real research</b>}
      </p>
      <h1 className="hidden">{report.data.title}</h1>
      <Reader
        text={report.data.text}
        author={report.data.author}
        createdAt={report.data.created_at}
        taskId={report.data.task_id}
        isSummary={task?.kind === "synthesis"}
        mission={mission.data}
        events={log.events}
      />
    </article>
  );
}
