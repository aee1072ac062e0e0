import { useQuery } from "@tanstack/react-query";
import type { CodeFile } from "@/lib/api/client";
import { codeFile } from "@/lib/api/queries";
import { plural } from "@/lib/format";
import { Pending } from "@/components/Problem";
import { lineCount } from "./places";
import styles from "./code.module.css";

interface Props {
  repository: string;
  sha: string | undefined;
  path: string;
}

/** A file as it is in a commit: only text, whatever it holds. */
export function FileView({ repository, sha, path }: Props) {
  const asked = useQuery(codeFile(repository, sha, path));
  return (
    <section aria-labelledby="file" className={styles.file}>
      <h2 id="file" className="mono">
        {path}
      </h2>
      {asked.data ? <Content file={asked.data} /> : <Pending error={asked.error} />}
    </section>
  );
}

function Content({ file }: { file: CodeFile }) {
  const { sha, kind, text, size, is_cut } = file;
  const facts = `${plural(size, "byte")} · at ${sha.slice(0, 12)}`;
  if (text === null) {
    return <p className="small">{facts} · It is no text (binary, or not UTF-8), so it is not shown.</p>;
  }
  if (kind === "link") {
    return (
      <p className="small">
        {facts} · A link, which is not followed, to <code>{text}</code>
      </p>
    );
  }
  if (text === "") return <p className="small">{facts} · It is empty.</p>;
  const lines = lineCount(text);
  return (
    <>
      <p className="small">
        {facts} · {plural(lines, "line")}
        {is_cut && <b> of its beginning; a clone has the rest</b>}
      </p>
      <div className={styles.lines} tabIndex={0} role="region" aria-label="Content, line by line">
        <pre className={styles.numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_, at) => at + 1).join("\n")}
        </pre>
        <pre className={styles.text} tabIndex={0}>
          {text}
        </pre>
      </div>
    </>
  );
}
