import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "wouter";
import { mission as missionQuery, report as reportQuery } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { oneLine } from "@/lib/format";
import { Reader } from "@/features/reports/Reader";

export default function ReportPage() {
  const { mission: slug, name } = useParams<{ mission: string; name: string }>();
  const report = useQuery(reportQuery(slug, name));
  const mission = useQuery(missionQuery(slug));
  if (!report.data || !mission.data)
    return <PendingPage title="Report" error={report.error ?? mission.error} />;
  return (
    <article className="page">
      <p className="small">
        <Link href="/library">Library</Link> ·{" "}
        <Link href={`/missions/${slug}`}>{oneLine(mission.data.directive_text, 100)}</Link>
        {mission.data.rehearsal && <b> · a rehearsal: nothing in it is real research</b>}
      </p>
      <h1 className="hidden">{report.data.title}</h1>
      <Reader report={report.data} slug={mission.data.slug} />
    </article>
  );
}
