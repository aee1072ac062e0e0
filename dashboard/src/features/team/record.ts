/** How the tasks of a role ended. */
import type { StaffMember } from "@/lib/api/client";
import { plural } from "@/lib/format";

type Counted = Pick<StaffMember, "done" | "failed" | "passed_first_time">;

export function recordOf({ done, failed, passed_first_time: first }: Counted): string {
  if (done + failed === 0) return "no task has ended yet";
  const passed = done > 0 ? `, ${first} of them passed every check at once` : "";
  return `${plural(done, "task")} done${passed}; ${failed} failed`;
}
