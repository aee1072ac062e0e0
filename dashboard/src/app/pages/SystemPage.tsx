import { useQuery } from "@tanstack/react-query";
import { health } from "@/lib/api/queries";
import { Pending } from "@/components/Problem";
import { Browsers } from "@/features/system/Browsers";
import { Parts } from "@/features/system/Parts";

export default function SystemPage() {
  const asked = useQuery(health);
  return (
    <div className="page">
      <h1>System</h1>
      {asked.data ? <Parts health={asked.data} /> : <Pending error={asked.error} />}
      <Browsers />
    </div>
  );
}
