import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask, type Memory } from "@/lib/api/client";
import { Problem } from "@/components/Problem";

/** Two steps: there is no undo. */
export function Forget({ memory }: { memory: Memory }) {
  const [sure, setSure] = useState(false);
  const client = useQueryClient();
  const forget = useMutation({
    mutationFn: () => ask(api.DELETE("/api/memories/{id}", { params: { path: { id: memory.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["memories"] }),
  });
  if (!sure) return <button onClick={() => setSure(true)}>Forget …</button>;
  return (
    <p>
      No task is told it from its next step on, and all its versions are deleted.{" "}
      <button className="primary" autoFocus disabled={forget.isPending} onClick={() => forget.mutate()}>
        Forget it
      </button>{" "}
      <button onClick={() => setSure(false)}>Keep it</button>
      <Problem error={forget.error} />
    </p>
  );
}
