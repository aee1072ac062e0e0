import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, ask } from "@/lib/api/client";
import { policy } from "@/lib/api/queries";
import { dateTime } from "@/lib/format";
import { Pending, Problem } from "@/components/Problem";
import { changesOf, fieldsOf, inWords, partInWords, typedOf, valueOf, type Field } from "./form";
import styles from "./rules.module.css";

const MEANS: Record<string, string> = {
  read: "look at pages, files and each other’s words",
  write: "write files, reports and notes",
  execute: "run commands in the workshop",
  spend: "do what costs money besides the model",
  publish: "push code",
};

interface Policy {
  key: string;
  value: Record<string, unknown>;
  default: Record<string, unknown>;
  about: string;
  form: Record<string, unknown>;
  history: { seq: number; at: string; before: Record<string, unknown>; after: Record<string, unknown> }[];
}

/** One policy: what it is for, what it is now, and how it came to be so. Each part is changed by itself. */
export function RuleSection({ name }: { name: string }) {
  const asked = useQuery(policy(name));
  const title = useId();
  return (
    <section className="card" aria-labelledby={title}>
      <h2 id={title} className={styles.name}>
        {name}
      </h2>
      {asked.data ? <Rules policy={asked.data} /> : <Pending error={asked.error} />}
    </section>
  );
}

function Rules({ policy: { key, value, default: usual, about, form, history } }: { policy: Policy }) {
  return (
    <>
      <p className="small measure">
        {about.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}
      </p>
      <div className={styles.rules}>
        {fieldsOf(form).map((field) => (
          <Rule
            key={`${field.name} ${JSON.stringify(value[field.name])}`}
            policy={key}
            field={field}
            whole={value}
            usual={usual[field.name]}
          />
        ))}
      </div>
      <details className="small">
        <summary>{history.length === 0 ? "Never changed" : `Changed: ${history.length}`}</summary>
        <ol className={styles.history}>
          {history.map((change) => (
            <li key={change.seq}>
              {dateTime(change.at)} ·{" "}
              {changesOf(change.before, change.after).join("; ") || "set to the same again"} (e{change.seq})
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

interface RuleProps {
  policy: string;
  field: Field;
  whole: Record<string, unknown>;
  usual: unknown;
}

/** A part of a policy with its form; what is chosen holds at once, what is typed when it is sent. */
function Rule({ policy: key, field, whole, usual }: RuleProps) {
  const { name } = field;
  const id = useId();
  const [typed, setTyped] = useState(typedOf(field, whole[name]));
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (value: unknown) =>
      ask(
        api.PUT("/api/policies/{key}", {
          params: { path: { key } },
          body: { value: { ...whole, [name]: value } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["policies"] }),
  });
  const value = valueOf(field, typed);
  const chosen = field.kind === "choice" || field.kind === "switch";
  const isChanged = typed !== typedOf(field, whole[name]);
  return (
    <form
      className={styles.rule}
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && value !== undefined && !change.isPending) change.mutate(value);
      }}
    >
      <label htmlFor={id}>
        {partInWords(name)} {MEANS[name] && <span className="small">{MEANS[name]}</span>}
      </label>
      <span className={styles.value}>
        <span className="small">by default: {inWords(usual)}</span>
        {chosen ? (
          <select
            id={id}
            value={typed}
            disabled={change.isPending}
            onChange={(event) => {
              setTyped(event.target.value);
              change.mutate(valueOf(field, event.target.value));
            }}
          >
            {(field.kind === "switch" ? ["true", "false"] : field.choices).map((one) => (
              <option key={one} value={one}>
                {field.kind === "switch" ? (one === "true" ? "yes" : "no") : one}
              </option>
            ))}
          </select>
        ) : (
          <input
            id={id}
            value={typed}
            placeholder={field.empty ? "not set" : ""}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        {isChanged && !chosen && <button disabled={value === undefined || change.isPending}>Change</button>}
      </span>
      <Problem error={change.error} />
    </form>
  );
}
