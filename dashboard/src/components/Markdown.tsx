import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import type { ReactNode } from "react";
import { Link } from "wouter";
import styles from "./markdown.module.css";

const CITED = /\[(e\d{1,15})\]/g;
const OUTSIDE = /^https?:\/\//i;
const ENTRY = /^#(e\d{1,15})$/;

type Cite = (ref: string) => ReactNode;

/** A text's citations, each by what `cite` makes of it. */
export function withCitations(text: string, cite: Cite): ReactNode[] {
  return text.split(CITED).map((part, at) => (at % 2 === 0 ? part : <span key={at}>{cite(part)}</span>));
}

function cited(children: ReactNode, cite: Cite | undefined): ReactNode {
  if (!cite) return children;
  if (typeof children === "string") return withCitations(children, cite);
  return Array.isArray(children)
    ? children.map((child: ReactNode, at) =>
        typeof child === "string" ? <span key={at}>{withCitations(child, cite)}</span> : child,
      )
    : children;
}

const REPORT = /^([A-Za-z0-9][A-Za-z0-9_-]{0,79})\.md$/;

function components(cite: Cite | undefined, reports: string | undefined): Components {
  const within = (children: ReactNode) => cited(children, cite);
  return {
    h1: ({ children }) => <h2 className={styles.h1}>{within(children)}</h2>,
    h2: ({ children }) => <h3 className={styles.h2}>{within(children)}</h3>,
    h3: ({ children }) => <h4 className={styles.h3}>{within(children)}</h4>,
    h4: ({ children }) => <h5 className={styles.h3}>{within(children)}</h5>,
    p: ({ children }) => <p>{within(children)}</p>,
    li: ({ children }) => <li>{within(children)}</li>,
    td: ({ children }) => <td>{within(children)}</td>,
    th: ({ children }) => <th>{within(children)}</th>,
    strong: ({ children }) => <strong>{within(children)}</strong>,
    em: ({ children }) => <em>{within(children)}</em>,
    blockquote: ({ children }) => <blockquote>{within(children)}</blockquote>,
    a: ({ href, children }) => {
      const entry = ENTRY.exec(href ?? "")?.[1];
      const report = REPORT.exec(href ?? "")?.[1];
      if (report && reports) return <Link href={`${reports}/${report}`}>{children}</Link>;
      return entry && cite ? <>{cite(entry)}</> : <Outside href={href}>{children}</Outside>;
    },
    // nothing is loaded from elsewhere: a picture is a link to it
    img: ({ src, alt }) => (
      <Outside href={typeof src === "string" ? src : undefined}>picture: {alt ?? "without words"}</Outside>
    ),
    input: ({ checked }) => <span>{checked ? "☑" : "☐"} </span>,
    table: ({ children }) => (
      <div className={styles.wide} tabIndex={0} role="region" aria-label="Table">
        <table>{children}</table>
      </div>
    ),
    pre: ({ children }) => (
      <pre className={styles.code} tabIndex={0}>
        {children}
      </pre>
    ),
  };
}

/** A link leads out only where it says so: it opens apart, and tells the other host nothing of this page. */
function Outside({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (!href || !OUTSIDE.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow">
      {children}
      <span className="hidden"> (opens another site)</span>
    </a>
  );
}

/** Markdown of a person or an agent: its HTML is shown as text, never run. */
export default function Markdown({ text, cite, reports }: { text: string; cite?: Cite; reports?: string }) {
  return (
    <div className={styles.text}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={components(cite, reports)}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
