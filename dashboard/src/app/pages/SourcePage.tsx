import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { useParams } from "wouter";
import { page } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { dateTime } from "@/lib/format";
import { lazily } from "@/lib/lazily";

const Markdown = lazily(() => import("@/components/Markdown"));

/** A page of the web as it was when it was read: the words of strangers. */
export default function SourcePage() {
  const { id } = useParams<{ id: string }>();
  const asked = useQuery(page(id));
  if (!asked.data) return <PendingPage title="A page that was read" error={asked.error} />;
  const { title, url, final_url, created_at, text, ref } = asked.data;
  return (
    <article className="page">
      <h1>{title || url}</h1>
      <p className="small">
        {ref}, read {dateTime(created_at)} · <span className="mono">{final_url}</span>
        {url !== final_url && (
          <>
            {" "}
            (asked for: <span className="mono">{url}</span>)
          </>
        )}
      </p>
      <Suspense fallback={<p className="small">Loading …</p>}>
        <Markdown text={text} />
      </Suspense>
    </article>
  );
}
