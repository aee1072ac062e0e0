import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { budget, missions } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { oneLine } from "@/lib/format";
import { isOpen } from "@/lib/ledger/types";
import { useNames } from "@/lib/names";
import { LimitBar, setLimit, setMissionLimit } from "@/features/money/Limits";
import { Calls } from "@/features/money/Calls";
import { OverTime } from "@/features/money/OverTime";
import { SpendTable } from "@/features/money/SpendTable";
import styles from "@/features/money/money.module.css";

export default function MoneyPage() {
  const asked = useQuery(budget);
  const open = (useQuery(missions).data?.items ?? []).filter(isOpen);
  const names = useNames();
  if (!asked.data) return <PendingPage title="Money" error={asked.error} />;
  const { day, company, roles, models, time_zone } = asked.data;
  return (
    <div className="page">
      <h1>Money</h1>
      <div className={styles.limits}>
        <LimitBar budget={day} name={`Today (${time_zone})`} change={(limit) => setLimit("day", limit)} />
        <LimitBar budget={company} name="The company" change={(limit) => setLimit("company", limit)} />
      </div>
      {open.length > 0 && (
        <section>
          <h2>Open missions</h2>
          {open.map((mission) => (
            <div key={mission.id}>
              <p>
                <Link href={`/missions/${mission.slug}`} className="serif">
                  {oneLine(mission.directive_text, 120)}
                </Link>
              </p>
              <LimitBar
                budget={{ ...mission, scope: mission.id, price_known: mission.price_known }}
                name="This mission"
                change={(limit) => setMissionLimit(mission.slug, limit)}
              />
            </div>
          ))}
        </section>
      )}
      <OverTime held={day.reserved_microusd} nameOf={names.of} />
      <SpendTable title="By role" rows={roles} nameOf={names.of} />
      <SpendTable title="By model" rows={models} nameOf={(name) => name} />
      <Calls nameOf={names.of} />
    </div>
  );
}
