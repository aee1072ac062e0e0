import { useQuery } from "@tanstack/react-query";
import { memories, missions } from "@/lib/api/queries";
import type { Memory } from "@/lib/api/client";
import { Pending } from "@/components/Problem";
import { useNames } from "@/lib/names";
import { AddRule } from "@/features/memory/AddRule";
import { MemoryCard } from "@/features/memory/MemoryCard";

export default function MemoryPage() {
  const asked = useQuery(memories);
  const names = useNames();
  const slugs = new Map((useQuery(missions).data?.items ?? []).map(({ id, slug }) => [id, slug]));
  return (
    <div className="page">
      <h1>Memory</h1>
      <p className="measure">
        What the company has learnt, and your rules, which every task is told. What changed last comes first.
      </p>
      <AddRule />
      {asked.data ? (
        <section aria-label="What is known">
          {asked.data.items.length === 0 && <p className="small">Nothing yet.</p>}
          {asked.data.items.toSorted(lastFirst).map((memory) => (
            <MemoryCard
              key={memory.id}
              memory={memory}
              owner={names.of(memory.owner)}
              slug={memory.mission_id ? slugs.get(memory.mission_id) : undefined}
              open={location.hash === `#${memory.id}`}
            />
          ))}
          {asked.data.next && (
            <p className="small">
              Older ones: <code>ceo memory list</code>
            </p>
          )}
        </section>
      ) : (
        <Pending error={asked.error} />
      )}
    </div>
  );
}

function lastFirst(one: Memory, other: Memory): number {
  return Date.parse(other.updated_at) - Date.parse(one.updated_at);
}
