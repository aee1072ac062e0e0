import { useMemo } from "react";
import type { Mission, MissionDetail } from "@/lib/api/client";

/** What the tasks of these missions are called. */
export function useTitles(details: MissionDetail[]): Map<string, string> {
  const whole = details.flatMap((detail) => detail.tasks.map((task) => [task.id, task.title] as const));
  const same = JSON.stringify(whole);
  return useMemo(() => new Map(JSON.parse(same) as [string, string][]), [same]);
}

/** Where each mission is found. */
export function useSlugs(missions: readonly Mission[]): Map<string, string> {
  return useMemo(() => new Map(missions.map((mission) => [mission.id, mission.slug])), [missions]);
}
