import { useMemo } from "react";
import { oneLine } from "@/lib/format";
import type { Mission, MissionDetail } from "@/lib/api/client";

/** What these missions are called, and the tasks of those that are known in detail. */
export function useTitles(missions: readonly Mission[], details: MissionDetail[]): Map<string, string> {
  const whole = [
    ...missions.map((mission) => [mission.id, oneLine(mission.directive_text, 120)] as const),
    ...details.flatMap((detail) => detail.tasks.map((task) => [task.id, task.title] as const)),
  ];
  const same = JSON.stringify(whole);
  return useMemo(() => new Map(JSON.parse(same) as [string, string][]), [same]);
}

/** Where each mission is found. */
export function useSlugs(missions: readonly Mission[]): Map<string, string> {
  return useMemo(() => new Map(missions.map((mission) => [mission.id, mission.slug])), [missions]);
}
