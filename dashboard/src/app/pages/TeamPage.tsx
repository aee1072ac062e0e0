import { useQuery } from "@tanstack/react-query";
import { staff } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { MemberCard } from "@/features/team/MemberCard";
import styles from "@/features/team/team.module.css";

export default function TeamPage() {
  const asked = useQuery(staff);
  if (!asked.data) return <PendingPage title="Team" error={asked.error} />;
  return (
    <div className="page">
      <h1>Team</h1>
      <div className={styles.team}>
        {asked.data.map((member) => (
          <MemberCard key={member.id} member={member} />
        ))}
      </div>
    </div>
  );
}
