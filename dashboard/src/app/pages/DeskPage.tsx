import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { desk, missions } from "@/lib/api/queries";
import { useNames } from "@/lib/names";
import { Pending } from "@/components/Problem";
import { howMany } from "@/lib/format";
import { useSlugs } from "@/app/titles";
import { DeskCard } from "@/features/desk/DeskCard";
import { useDeskKeys } from "@/features/desk/useDeskKeys";

export default function DeskPage() {
  const asked = useQuery(desk);
  const names = useNames();
  const slugs = useSlugs(useQuery(missions).data?.items ?? []);
  const items = useMemo(() => asked.data?.items ?? [], [asked.data]);
  const ids = useMemo(() => items.map((item) => item.id), [items]);
  const chosen = useDeskKeys(ids);
  if (!asked.data) return <Pending error={asked.error} />;
  return (
    <div className="page">
      <h1>
        {items.length === 0
          ? "Nothing waits for you."
          : `${howMany(items.length)} ${items.length === 1 ? "thing waits" : "things wait"} for you.`}
      </h1>
      {items.map((item) => (
        <DeskCard
          key={item.id}
          item={item}
          name={item.role ? names.of(item.role) : "The company"}
          slug={slugs.get(item.mission_id)}
          chosen={item.id === chosen}
        />
      ))}
    </div>
  );
}
