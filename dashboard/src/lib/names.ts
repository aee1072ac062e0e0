/** Who is behind a role: the staff's names, and the program's and the CEO's own. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { staff } from "@/lib/api/queries";
import { firstName } from "@/lib/format";

export interface Person {
  role: string;
  name: string;
  fullName: string;
  title: string;
}

const PROGRAM = new Set(["office", "daemon", "program", "system"]);

export interface Names {
  people: Person[];
  of: (role: string) => string;
}

export function namesOf(people: Person[]): Names {
  const byRole = new Map(people.map((person) => [person.role, person]));
  const of = (role: string) => {
    if (role === "ceo") return "You";
    if (PROGRAM.has(role)) return "Program";
    return byRole.get(role)?.name ?? role;
  };
  return { people, of };
}

export function useNames(): Names {
  const members = useQuery(staff).data;
  return useMemo(
    () =>
      namesOf(
        (members ?? []).map(({ role, name, title }) => ({
          role,
          title,
          fullName: name,
          name: firstName(name),
        })),
      ),
    [members],
  );
}
