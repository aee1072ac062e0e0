import { useQuery } from "@tanstack/react-query";
import { policies } from "@/lib/api/queries";
import { PendingPage } from "@/components/Problem";
import { RuleSection } from "@/features/rules/RuleSection";

export default function RulesPage() {
  const asked = useQuery(policies);
  if (!asked.data) return <PendingPage title="Rules" error={asked.error} />;
  return (
    <div className="page">
      <h1>Rules</h1>
      <p className="measure">
        What the staff may do unasked, and what they hold to. Changes hold from the next step on; in a
        terminal <code>ceo policy KEY.PART VALUE</code> makes the same.
      </p>
      {Object.keys(asked.data).map((key) => (
        <RuleSection key={key} name={key} />
      ))}
    </div>
  );
}
