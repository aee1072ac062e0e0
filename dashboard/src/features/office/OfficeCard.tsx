import { Suspense, useEffect, useMemo, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import type { Doing } from "@/lib/api/client";
import { desk, staff } from "@/lib/api/queries";
import { choose, useChoice } from "@/lib/choices";
import { firstName } from "@/lib/format";
import { isPlainKey } from "@/lib/keys";
import { ofLog, ofOffice } from "@/lib/ledger/current";
import type { LedgerEvent, LedgerState } from "@/lib/ledger/types";
import { useSending, type AllSending } from "@/lib/live";
import { lazily } from "@/lib/lazily";
import { placeOf } from "./place";
import type { Seen, Worker } from "./scene";
import type { Letter } from "./things";
import styles from "./office.module.css";

const OfficeCanvas = lazily(() => import("./OfficeCanvas"));
const CALM = "(max-width: 720px), (prefers-reduced-motion: reduce)";
const NOTHING: AllSending = new Map();

interface Props {
  state: LedgerState;
  events: readonly LedgerEvent[];
  mission: { id: string; slug: string; spent: number | null; limit: number; rehearsal: boolean } | undefined;
  /** As the office says it now; left out, the log says it, as it was. */
  doing?: readonly Doing[];
  now: number;
  frozen: boolean;
  children: ReactNode;
}

/** Who does what, as a picture above the table that says the same. On a phone, and where motion is unwelcome, the table alone. */
export function OfficeCard({ children, ...what }: Props) {
  const chosen = useChoice("office");
  const open = chosen ?? !matchMedia(CALM).matches;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "o" && isPlainKey(event)) choose("office", !open);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open]);
  return (
    <>
      {open && <Office {...what} />}
      {children}
      <button className={styles.toggle} aria-pressed={open} onClick={() => choose("office", !open)}>
        {open ? "Only the table" : "Show the office"}
      </button>
    </>
  );
}

function Office(props: Omit<Props, "children">) {
  const [, go] = useLocation();
  const seen = useSeen(props);
  const slug = props.mission?.slug;
  return (
    <div className={styles.frame}>
      <Suspense fallback={null}>
        <OfficeCanvas seen={seen} onOpen={(figure) => go(placeOf(figure, slug))} />
      </Suspense>
    </div>
  );
}

function useSeen({ state, events, mission, doing, now, frozen }: Omit<Props, "children">): Seen {
  const members = useQuery(staff).data;
  const atDesk = useQuery(desk).data?.items.length ?? 0;
  const asked = Object.values(state.desk).filter(({ status }) => status === "open").length;
  const waiting = doing === undefined ? asked : atDesk;
  const sending = useSending();
  const letters = useMemo(() => events.flatMap(letterOf), [events]);
  const people = useMemo(
    () =>
      (members ?? []).map(({ id, role, name, online, seen_at }): Worker => ({
        id,
        role,
        name: firstName(name),
        away: doing !== undefined && !online,
        seenAt: seen_at ? Date.parse(seen_at) : null,
        at: doing === undefined ? ofLog(state, role) : ofOffice(doing, role),
      })),
    [members, doing, state],
  );
  return useMemo(() => {
    const typed = doing === undefined ? NOTHING : sending;
    return {
      people,
      letters,
      now,
      frozen,
      log: state,
      rehearsal: mission?.rehearsal ?? false,
      typed: new Map([...typed].map(([task, { text }]) => [task, text])),
      mission: mission && { id: mission.id, spent: mission.spent, limit: mission.limit, waiting },
    };
  }, [people, letters, now, frozen, state, mission, sending, doing, waiting]);
}

function letterOf(event: LedgerEvent): Letter[] {
  const { to } = event.payload;
  if (event.kind !== "message" || typeof to !== "string") return [];
  return [{ seq: event.seq, from: event.author, to, missionId: event.mission_id }];
}
