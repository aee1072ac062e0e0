/** What one holds while a tool runs: by what the tool may do at worst. */

export type Prop = "book" | "pen" | "prompt" | "parcel" | "letter";

const PROPS: Record<Exclude<Prop, "pen">, readonly string[]> = {
  book: [
    "read_trail", "recall", "read_report", "list_reports", "read_file", "list_files", "search_files", "diff",
    "history", "web_search", "fetch_page",
  ],
  prompt: ["run_command", "background_command", "screenshot"],
  parcel: ["push"],
  letter: ["send_message", "ask", "delegate"],
}; // prettier-ignore

/** Return what stands for a tool; who writes something has a pen. */
export function propOf(tool: string | undefined): Prop {
  const found = Object.entries(PROPS).find(([, tools]) => tools.includes(tool ?? ""));
  return found ? (found[0] as Prop) : "pen";
}
