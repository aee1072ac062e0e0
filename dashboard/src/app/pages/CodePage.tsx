import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "wouter";
import type { Mission, Repository } from "@/lib/api/client";
import { missions, repository as repositoryQuery } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { Commits } from "@/features/code/Commits";
import { FileView } from "@/features/code/FileView";
import { Folder } from "@/features/code/Folder";
import { Offered } from "@/features/code/Offered";
import { folderOf } from "@/features/code/places";
import styles from "@/features/code/code.module.css";

/** The code of a repository as it was pushed: its commits with what is proven of each, its folders, its files. */
export default function CodePage() {
  const { repository: name } = useParams<{ repository: string }>();
  const asked = useQuery(repositoryQuery(name));
  if (!asked.data) return <PendingPage title="Code" error={asked.error} />;
  return <Code repository={asked.data} />;
}

function Code({ repository }: { repository: Repository }) {
  const [params] = useSearchParams();
  const known = useQuery(missions).data?.items ?? [];
  const mission = known.find((one) => one.id === repository.mission_id);
  const sha = params.get("sha") ?? undefined;
  const path = params.get("path") ?? undefined;
  const folder = params.get("folder") ?? folderOf(path ?? "");
  const { id, head } = repository;
  return (
    <article className="page">
      <WhereFrom mission={mission} />
      <h1>{repository.name}</h1>
      <Offered repository={repository} />
      <div className={styles.browser}>
        <div className={styles.side}>
          {head && <Folder repository={id} sha={sha} folder={folder} path={path} />}
          <Commits repository={id} slug={mission?.slug} chosen={sha ?? head ?? undefined} />
        </div>
        {path && <FileView repository={id} sha={sha} path={path} />}
        {head && !path && <p className="small">Choose a file.</p>}
      </div>
    </article>
  );
}

function WhereFrom({ mission }: { mission: Mission | undefined }) {
  return (
    <p className="small">
      <Link href="/library">Library</Link>
      {mission && (
        <>
          {" · "}
          <Link href={`/missions/${mission.slug}`}>{mission.slug}</Link>
          {mission.rehearsal && <b> · a rehearsal</b>}
        </>
      )}
    </p>
  );
}
