/** Who this browser is to the office. The cookie is not for scripts; what they need to change something is `csrf`. */
let csrf: Promise<string> | null = null;

export const LOGIN = "/login";

/** The value for X-CSRF-Token; asked for once. */
export function csrfToken(): Promise<string> {
  csrf ??= fetch("/api/session")
    .then(async (response) => (response.ok ? String(((await response.json()) as { csrf: string }).csrf) : ""))
    .catch(() => {
      csrf = null;
      return "";
    });
  return csrf;
}

/** Go where one logs in: this browser is not logged in, or not any more. */
export function logIn(): void {
  if (location.pathname !== LOGIN) location.assign(LOGIN);
}
