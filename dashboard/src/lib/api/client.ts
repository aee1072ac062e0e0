/** The office's API, typed by its OpenAPI document. */
import createClient from "openapi-fetch";
import type { components, paths } from "@/lib/api/schema";
import { csrfToken, logIn } from "@/lib/session";

type Schemas = components["schemas"];
/** What is left out has a default at the office. */
export type NewDirective = Schemas["DirectiveCreate"];
export type Doing = Schemas["Doing"];
export type Now = Schemas["Now"];
export type Mission = Schemas["Mission"];
export type MissionStatus = Schemas["MissionStatus"];
export type MissionDetail = Schemas["MissionDetail"];
export type Task = Schemas["Task"];
export type Turn = Schemas["Turn"];
export type Receipt = Schemas["Receipt"];
export type DeskItem = Schemas["DeskItem"];
export type StaffMember = Schemas["StaffMember"];
export type Budget = Schemas["Budget"];
export type BudgetOverview = Schemas["BudgetOverview"];
export type WebSession = Schemas["WebSession"];
export type Health = Schemas["Health"];
export type Report = Schemas["Report"];
export type ReportText = Schemas["ReportText"];
export type Memory = Schemas["Memory"];
export type Repository = Schemas["Repository"];
export type CommitDetail = Schemas["CommitDetail"];
export type CodeFile = Schemas["CodeFile"];
export type Playbook = Schemas["Playbook"];

/** What the office said went wrong: its own one line, which says what to do. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const api = createClient<paths>({ baseUrl: "/" });

api.use({
  async onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRF-Token", await csrfToken());
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) logIn();
  },
});

/** Return what a request brought; throws Refused with the office's words, or that it cannot be reached. */
export async function ask<Data>(
  request: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  let result: { data?: Data; error?: unknown; response: Response };
  try {
    result = await request;
  } catch {
    throw new Refused(0, "The office cannot be reached; `ceo up` starts the company.");
  }
  if (result.data !== undefined && result.response.ok) return result.data;
  const problem = result.error as { detail?: string; title?: string } | undefined;
  throw new Refused(result.response.status, problem?.detail ?? problem?.title ?? result.response.statusText);
}
