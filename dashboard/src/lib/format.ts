/** How the page writes money, durations and times: one way for each, the same as the `ceo` command's. */

export function money(microusd: number): string {
  const dollars = microusd / 1e6;
  const digits = dollars !== 0 && Math.abs(dollars) < 0.1 ? 4 : 2;
  return `$${dollars.toFixed(digits)}`;
}

/** `8:31`, `1:02:03` from an hour on, `28 d 17 h` from two days on. */
export function duration(milliseconds: number): string {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  const tail = String(seconds).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** How long something took that is over: `< 0.1 s`, `5.7 s`, and as a duration from ten seconds on. */
export function took(milliseconds: number): string {
  const tenths = Math.round(Math.max(0, milliseconds) / 100);
  if (tenths === 0) return "< 0.1 s";
  return tenths < 100 ? `${(tenths / 10).toFixed(1)} s` : duration(milliseconds);
}

/** The time of day where the reader is. */
export function timeOfDay(at: string | number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** The day and time where the reader is. */
export function dateTime(at: string | number): string {
  const when = new Date(at);
  return `${when.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, ${timeOfDay(at)}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

const NUMBERS = ["No one", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

export function howMany(count: number): string {
  return NUMBERS[count] ?? String(count);
}

/** `Alex` of `Alex Chen`. */
export function firstName(name: string): string {
  return name.split(" ")[0] ?? name;
}

/** Text on one line, cut at a word; only where nobody decides on it. */
export function oneLine(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= most) return line;
  const cut = line.slice(0, most - 1);
  const space = cut.lastIndexOf(" ");
  return `${space > most * 0.6 ? cut.slice(0, space) : cut}…`;
}

/** Dollars as typed, in micro-USD; null if they are no amount above nothing. */
export function parseDollars(typed: string): number | null {
  const text = typed.trim().replace(/^\$/, "");
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) return null;
  const amount = Math.round(Number(text) * 1e6);
  return amount > 0 ? amount : null;
}
