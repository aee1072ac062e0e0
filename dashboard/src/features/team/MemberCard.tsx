import type { StaffMember } from "@/lib/api/client";
import { StatusMark } from "@/components/StatusMark";
import { dateTime, money, plural } from "@/lib/format";
import type { LedgerState } from "@/lib/ledger/types";
import styles from "./team.module.css";

export function MemberCard({ member, state }: { member: StaffMember; state: LedgerState }) {
  const own = Object.values(state.tasks).filter((task) => task.role === member.role && task.spans.length > 0);
  const done = own.filter((task) => task.status === "completed");
  const first = done.filter((task) => task.moments.every((moment) => moment.kind !== "missing")).length;
  return (
    <article className="card">
      <h2 className={styles.name}>{member.name}</h2>
      <p className="small">
        {member.title} · {member.role}
      </p>
      <p className={styles.now}>
        <StatusMark status={member.online ? (member.working_on.length ? "working" : "idle") : "away"} />
        {member.worker && <span className="mono"> {member.worker}</span>}
      </p>
      {member.working_on.map((title) => (
        <p key={title} className="serif">
          {title}
        </p>
      ))}
      <p className="small">
        {plural(done.length, "task")} done, {first} of them held at the first check ·{" "}
        {money(member.spent_microusd)}
        {member.price_known ? "" : " (a price was assumed)"}
      </p>
      {!member.online && member.seen_at && <p className="small">last seen {dateTime(member.seen_at)}</p>}
    </article>
  );
}
