import { useQuery } from "@tanstack/react-query";
import { missions } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { MissionList } from "@/features/missions/MissionList";

export default function MissionsPage() {
  const asked = useQuery(missions);
  return (
    <div className="page">
      <h1>Missions</h1>
      {asked.data ? <MissionList missions={asked.data.items} /> : <Pending error={asked.error} />}
    </div>
  );
}
