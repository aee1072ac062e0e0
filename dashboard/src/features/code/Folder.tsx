import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { tree } from "@/lib/api/queries";
import { Pending, Problem } from "@/components/Problem";
import { placeInCode, wayTo } from "./places";
import styles from "./code.module.css";

const SHAPES: Record<string, [shape: string, word: string]> = {
  folder: ["▸", "folder"],
  file: ["▤", "file"],
  executable: ["▶", "executable file"],
  link: ["↪", "link"],
};

interface Props {
  repository: string;
  sha: string | undefined;
  folder: string;
  /** The file that is open. */
  path: string | undefined;
}

/** One folder of a commit, by name. */
export function Folder({ repository, sha, folder, path }: Props) {
  const asked = useInfiniteQuery(tree(repository, sha, folder));
  const at = { repository, sha, path };
  return (
    <section aria-labelledby="files">
      <h2 id="files">Files</h2>
      <nav aria-label="Folders" className="mono">
        <Link href={placeInCode(repository, { sha })}>/</Link>
        {wayTo(folder).map((one) => (
          <span key={one.folder}>
            {" "}
            <Link href={placeInCode(repository, { sha, folder: one.folder })}>{one.name}</Link> /
          </span>
        ))}
      </nav>
      {asked.data ? (
        <>
          <ul className={styles.entries}>
            {asked.data.pages
              .flatMap((page) => page.items)
              .map((entry) => (
                <li key={entry.path}>
                  <Entry {...entry} at={at} />
                </li>
              ))}
          </ul>
          <Problem error={asked.error} />
          {asked.hasNextPage && (
            <button disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
              More of this folder
            </button>
          )}
        </>
      ) : (
        <Pending error={asked.error} />
      )}
    </section>
  );
}

interface EntryProps {
  name: string;
  path: string;
  kind: string;
  at: Pick<Props, "repository" | "sha" | "path">;
}

function Entry({ name, path, kind, at: { repository, sha, path: open } }: EntryProps) {
  const [shape, word] = SHAPES[kind] ?? ["·", "not to be opened"];
  const label = (
    <>
      <span aria-hidden="true">{shape}</span> {name}
      <span className="hidden"> ({word})</span>
    </>
  );
  if (!SHAPES[kind]) return <span className="small mono">{label}</span>;
  const place = kind === "folder" ? { sha, folder: path } : { sha, path };
  return (
    <Link
      href={placeInCode(repository, place)}
      className="mono"
      aria-current={path === open ? "true" : undefined}
    >
      {label}
    </Link>
  );
}
