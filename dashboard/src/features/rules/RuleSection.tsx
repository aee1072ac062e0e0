import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/lib/api/client";
import { Problem } from "@/components/Problem";
import styles from "./rules.module.css";

const VERDICTS = ["allow", "ask", "deny"];
const MEANS: Record<string, string> = {
  read: "look at pages, files and each other’s words",
  write: "write files, reports and notes",
  execute: "run commands in the workshop",
  spend: "do what costs money besides the model",
  publish: "push code",
};

/** One policy with its values; those of autonomy can be changed here. */
export function RuleSection({ name, value }: { name: string; value: unknown }) {
  const rules =
    typeof value === "object" && value !== null ? Object.entries(value) : [["value", value] as const];
  return (
    <section className="card">
      <h2 className={styles.name}>{name}</h2>
      <dl className={styles.rules}>
        {rules.map(([key, rule]) => (
          <div key={key}>
            <dt>
              {key.replaceAll("_", " ")} {MEANS[key] && <span className="small">{MEANS[key]}</span>}
            </dt>
            <dd>
              {name === "autonomy" && typeof rule === "string" && VERDICTS.includes(rule) ? (
                <Verdict rule={key} verdict={rule} whole={value as Record<string, string>} />
              ) : (
                <code>{typeof rule === "string" ? rule : JSON.stringify(rule)}</code>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Verdict({ rule, verdict, whole }: { rule: string; verdict: string; whole: Record<string, string> }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (chosen: string) =>
      ask(
        api.PUT("/api/policies/{key}", {
          params: { path: { key: "autonomy" } },
          body: { value: { ...whole, [rule]: chosen } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["policies"] }),
  });
  return (
    <>
      <select
        aria-label={`May they ${rule}?`}
        value={change.isPending ? change.variables : verdict}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.target.value)}
      >
        {VERDICTS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <Problem error={change.error} />
    </>
  );
}
