import { look } from "@/components/status";

export function StatusMark({ status, word }: { status: string; word?: string }) {
  const { shape, word: usual, tone } = look(status);
  return (
    <span className={`tone-${tone}`}>
      <span aria-hidden="true">{shape}</span> {word ?? usual}
    </span>
  );
}
