import type { StaffMember } from "@/lib/api/client";
import { StatusMark } from "@/components/StatusMark";
import { recordOf } from "./record";
import { dateTime, money, plural } from "@/lib/format";
import styles from "./team.module.css";

export function MemberCard({ member }: { member: StaffMember }) {
  const tools = member.tools ?? [];
  return (
    <article className="card">
      <h2 className={styles.name}>{member.name}</h2>
      <p className="small">
        {member.title} · {member.role}
      </p>
      <p className={styles.now}>
        <StatusMark status={member.online ? (member.working_on.length ? "working" : "idle") : "away"} />
        {!member.workers?.length && member.worker && <span className="mono"> {member.worker}</span>}
      </p>
      {member.workers && member.workers.length > 0 && (
        <ul className={styles.workers} aria-label={`Workers of ${member.name}`}>
          {member.workers.map((one) => (
            <li key={one.name} className="small">
              <span className="mono">{one.name}</span> {one.online ? "here" : "away"}, heard{" "}
              {dateTime(one.seen_at)}
            </li>
          ))}
        </ul>
      )}
      {member.working_on.map((title) => (
        <p key={title} className="serif">
          {title}
        </p>
      ))}
      <p className="small">
        {money(member.spent_microusd)} spent
        {member.price_known ? "" : " (a price was assumed)"}
      </p>
      <p className="small">{recordOf(member)}</p>
      {member.tier && <p className="small">kind of model: {member.tier}</p>}
      {tools.length > 0 && (
        <details className="small">
          <summary>{plural(tools.length, "tool")}</summary>
          <ul className={styles.tools}>
            {tools.map((tool) => (
              <li key={tool} className="mono">
                {tool}
              </li>
            ))}
          </ul>
        </details>
      )}
      {!member.online && member.seen_at && <p className="small">last seen {dateTime(member.seen_at)}</p>}
    </article>
  );
}
