import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, ask, type MissionDetail } from "@/lib/api/client";
import { Problem } from "@/components/Problem";
import { plural } from "@/lib/format";
import { isOpen } from "@/lib/ledger/types";

/** Stop a mission, after saying what stays and what goes. */
export function CancelMission({ mission }: { mission: MissionDetail }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () =>
      ask(api.POST("/api/missions/{name}/cancel", { params: { path: { name: mission.slug } } })),
    async onSuccess() {
      dialog.current?.close();
      await client.invalidateQueries();
    },
  });
  if (!isOpen(mission)) return null;
  const open = mission.tasks.filter((task) => task.finished_at === null).length;
  return (
    <div>
      <button id="cancel" onClick={() => dialog.current?.showModal()}>
        Cancel this mission …
      </button>
      <dialog ref={dialog} aria-labelledby="cancel-title" className="card">
        <div className="page">
          <h2 id="cancel-title">Cancel this mission?</h2>
          <p className="measure">
            {plural(open, "open task")} end{open === 1 ? "s" : ""} and{" "}
            {plural(mission.waiting.length, "request")} leave
            {mission.waiting.length === 1 ? "s" : ""} your desk. {plural(mission.reports.length, "report")}{" "}
            and {plural(mission.repositories.length, "repository", "repositories")} stay, and what was spent
            is spent. It cannot be undone.
          </p>
          <Problem error={cancel.error} />
          <p>
            <button className="primary" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel the mission
            </button>{" "}
            <button onClick={() => dialog.current?.close()}>Let it go on</button>
          </p>
        </div>
      </dialog>
    </div>
  );
}
