import { lazy, type ComponentType } from "react";

const PAUSES = [500, 1_000, 2_000]; // ms before each further try

/** A part of the page that is fetched when it is needed, and again where the network failed for a moment. */
export function lazily<Props>(fetchPart: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy(() => fetched(fetchPart));
}

/** Return what is fetched; rejects with the last failure. */
export async function fetched<Part>(fetchPart: () => Promise<Part>): Promise<Part> {
  for (const pause of PAUSES) {
    try {
      return await fetchPart();
    } catch {
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return fetchPart();
}
