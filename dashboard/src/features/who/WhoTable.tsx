import { useQuery } from "@tanstack/react-query";
import { staff } from "@/lib/api/queries";
import type { StaffMember } from "@/lib/api/client";
import { Since } from "@/components/Since";
import { StatusMark } from "@/components/StatusMark";
import { firstName } from "@/lib/format";
import type { LedgerState, TaskState } from "@/lib/ledger/types";
import { current } from "./current";
import styles from "./who.module.css";

/** Who does what, since when, because of which row of the log. */
export function WhoTable({ state, still = false }: { state: LedgerState; still?: boolean }) {
  const members = useQuery(staff).data ?? [];
  return (
    <section aria-labelledby="who">
      <h2 id="who">Who does what</h2>
      <table className={styles.who}>
        <thead className="hidden">
          <tr>
            <th>Who</th>
            <th>What</th>
            <th>Since</th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <Row key={member.id} member={member} task={current(state, member.role)} still={still} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ member, task, still }: { member: StaffMember; task: TaskState | undefined; still: boolean }) {
  const status = statusOf(member, task, still);
  return (
    <tr>
      <th scope="row" title={member.title}>
        {firstName(member.name)}
      </th>
      <td title={task ? `because of e${task.because}` : undefined}>
        <StatusMark status={status} {...(task?.doing === "tool" ? { word: task.tools.join(", ") } : {})} />
      </td>
      <td className="number">
        {task && !still && status !== "idle" && status !== "away" && <Since from={task.since} />}
      </td>
    </tr>
  );
}

function statusOf(member: StaffMember, task: TaskState | undefined, still: boolean): string {
  if (!still && !member.online) return "away";
  return task?.doing ?? "idle";
}
