import type { MissionStatus } from "@/lib/api/client";

/** What the list can be narrowed to: its word, and the statuses of the missions that it leaves. */
export const CHOICES = {
  all: { word: "All missions", statuses: [] },
  open: { word: "Not ended", statuses: ["planning", "quoted", "running", "synthesizing"] },
  succeeded: { word: "Succeeded", statuses: ["succeeded"] },
  failed: { word: "Failed", statuses: ["failed"] },
  cancelled: { word: "Cancelled", statuses: ["cancelled"] },
} as const satisfies Record<string, { word: string; statuses: readonly MissionStatus[] }>;

export type Choice = keyof typeof CHOICES;

/** The choice that an address names; all missions, where it names none that there is. */
export function choiceOf(name: string | null): Choice {
  return name !== null && Object.hasOwn(CHOICES, name) ? (name as Choice) : "all";
}
