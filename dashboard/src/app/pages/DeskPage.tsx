import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { decided, desk } from "@/lib/api/queries";
import { useNames } from "@/lib/names";
import { PendingPage } from "@/components/Problem";
import { howMany } from "@/lib/format";
import { DecidedList } from "@/features/desk/DecidedList";
import { DeskCard } from "@/features/desk/DeskCard";
import { useDeskKeys } from "@/features/desk/useDeskKeys";
import styles from "@/features/desk/desk.module.css";

export default function DeskPage() {
  const [search] = useSearchParams();
  const past = search.get("show") === "decided";
  return (
    <div className="page">
      <nav className={styles.tabs} aria-label="Requests">
        <Link href="/desk" aria-current={past ? undefined : "page"}>
          Open
        </Link>
        <Link href="/desk?show=decided" aria-current={past ? "page" : undefined}>
          Decided
        </Link>
      </nav>
      {past ? <Decided /> : <Open />}
    </div>
  );
}

function Open() {
  const asked = useQuery(desk);
  const names = useNames();
  const items = useMemo(() => asked.data?.items ?? [], [asked.data]);
  const ids = useMemo(() => items.map((item) => item.id), [items]);
  const chosen = useDeskKeys(ids);
  if (!asked.data) return <PendingPage title="Desk" error={asked.error} />;
  return (
    <>
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
          chosen={item.id === chosen}
        />
      ))}
    </>
  );
}

function Decided() {
  const asked = useQuery(decided);
  const names = useNames();
  if (!asked.data) return <PendingPage title="Desk" error={asked.error} />;
  return (
    <>
      <h1>Decided</h1>
      <DecidedList items={asked.data.items} nameOf={names.of} />
    </>
  );
}
