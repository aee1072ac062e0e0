/** What is typed and chosen for a directive, and the request that it becomes. */
import type { NewDirective } from "@/lib/api/client";
import { parseDollars } from "@/lib/format";

export const MOST_CHARACTERS = 20_000;

export interface Wishes {
  text: string;
  limit: string;
  playbook: string;
  asks: boolean;
  quote: boolean;
  repository: string;
  testCommand: string;
}

export const NOTHING: Wishes = {
  text: "",
  limit: "",
  playbook: "",
  asks: true,
  quote: false,
  repository: "",
  testCommand: "",
};

/** What is wrong with them, said before they are sent; null if nothing is. */
export function wrongWith({ text, limit, repository, testCommand }: Wishes): string | null {
  if (limit.trim() !== "" && parseDollars(limit) === null) return "The limit is dollars, such as 4 or 2.50.";
  if (text.length > MOST_CHARACTERS)
    return `A directive has at most 20,000 characters; this has ${text.length.toLocaleString("en-US")}.`;
  if (testCommand.trim() !== "" && repository.trim() === "")
    return "What runs the tests is of code that there is: say where that code is.";
  return null;
}

/** The request; what was left open is left out, and the office decides it. */
export function requestOf(wishes: Wishes): NewDirective {
  const request: Partial<NewDirective> = { text: wishes.text.trim(), ask: wishes.asks, quote: wishes.quote };
  const limit = parseDollars(wishes.limit);
  if (limit !== null) request.budget_microusd = limit;
  if (wishes.playbook !== "") request.playbook = wishes.playbook;
  if (wishes.repository.trim() !== "") request.repository = wishes.repository.trim();
  if (wishes.testCommand.trim() !== "") request.test_command = wishes.testCommand.trim();
  return request as NewDirective;
}
