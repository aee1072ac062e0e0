import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { staff } from "@/lib/api/queries";
import type { Doing, StaffMember } from "@/lib/api/client";
import { Since } from "@/components/Since";
import { StatusMark } from "@/components/StatusMark";
import { firstName } from "@/lib/format";
import { ofLog, ofOffice, rowName, type At } from "@/lib/ledger/current";
import type { LedgerState } from "@/lib/ledger/types";
import styles from "./who.module.css";

/** Who does what, since when, because of which row: as the office says it now. */
export function WhoTable({ doing }: { doing: readonly Doing[] }) {
  const members = useQuery(staff).data ?? [];
  return (
    <Table>
      {members.map((member) => {
        const at = ofOffice(doing, member.role);
        const task = doing.find((one) => one.role === member.role);
        return (
          <Row
            key={member.id}
            member={member}
            status={member.online ? (at?.state ?? "idle") : "away"}
            at={at}
          >
            {task && (
              <Link href={`/missions/${task.mission_slug}?task=${task.task_id}`} className={styles.task}>
                {task.title}
              </Link>
            )}
          </Row>
        );
      })}
    </Table>
  );
}

/** The same at a moment of the log. */
export function WhoTableThen({ state }: { state: LedgerState }) {
  const members = useQuery(staff).data ?? [];
  return (
    <Table>
      {members.map((member) => {
        const at = ofLog(state, member.role);
        return <Row key={member.id} member={member} status={at?.state ?? "idle"} at={at} until={state.at} />;
      })}
    </Table>
  );
}

function Table({ children }: { children: React.ReactNode }) {
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
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface RowProps {
  member: StaffMember;
  status: string;
  at: At | undefined;
  /** The moment that is shown; now if it is left out. */
  until?: number;
  children?: React.ReactNode;
}

function Row({ member, status, at, until, children }: RowProps) {
  return (
    <tr data-role={member.role} data-status={status}>
      <th scope="row" title={member.title}>
        {firstName(member.name)}
      </th>
      <td title={at && `because of ${rowName(at.because)}`} data-because={at && rowName(at.because)}>
        <StatusMark
          status={status}
          {...(status === "tool" && at?.tools.length ? { word: at.tools.join(", ") } : {})}
        />
        {children}
      </td>
      <td className="number">
        {at && status !== "away" && <Since from={at.since} {...(until === undefined ? {} : { to: until })} />}
      </td>
    </tr>
  );
}
