/** Where a figure leads: to what caused it. */
import type { Figure } from "./scene";

export function placeOf({ because, pose, taskId }: Figure, slug: string | undefined): string {
  if (pose === "door") return "/desk";
  if (because.kind === "agent" || slug === undefined) return "/team";
  if (because.kind === "event") return `/missions/${slug}?at=${because.id}${taskId ? `&task=${taskId}` : ""}`;
  return `/missions/${slug}${taskId ? `?task=${taskId}` : ""}`;
}
