import { groupBy } from "@/lib/group";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { missions, reports, repositories } from "@/lib/api/queries";
import type { Report } from "@/lib/api/client";
import { PendingPage } from "@/components/Problem";
import { dateTime, oneLine } from "@/lib/format";
import { CodeList } from "@/features/code/CodeList";
import styles from "./library.module.css";

export default function LibraryPage() {
  const asked = useQuery(reports);
  const code = useQuery(repositories).data?.items ?? [];
  const known = new Map((useQuery(missions).data?.items ?? []).map((one) => [one.slug, one]));
  if (!asked.data) return <PendingPage title="Library" error={asked.error} />;
  const byMission = groupBy(asked.data.items, (report: Report) => report.mission_slug);
  return (
    <div className="page">
      <h1>Library</h1>
      <section aria-labelledby="reports" className={styles.shelf}>
        <h2 id="reports">Reports</h2>
        {byMission.size === 0 && <p className="small">Nothing yet.</p>}
        {[...byMission].map(([slug, own]) => (
          <article key={slug}>
            <h3 className={styles.mission}>
              <Link href={`/missions/${slug}`}>{oneLine(known.get(slug)?.directive_text ?? slug, 160)}</Link>
              {known.get(slug)?.rehearsal && <span className="small"> · rehearsal</span>}
            </h3>
            <ul className={styles.list}>
              {own.map((report) => (
                <li key={report.name}>
                  <span aria-hidden="true">▤</span>{" "}
                  <Link href={`/reports/${slug}/${report.name}`} className="serif">
                    {report.title}
                  </Link>{" "}
                  <span className="small">
                    {report.author}, {dateTime(report.created_at)}
                  </span>
                </li>
              ))}
            </ul>
          </article>
        ))}
      </section>
      <CodeList repositories={code} />
    </div>
  );
}
