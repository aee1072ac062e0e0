/** A mission in one file that plays by itself: it asks nobody for anything, and what is text in it stays text. */
import { randomHex } from "@/lib/random";
import { player, type Exported } from "./player";

const STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#f6f4ee,#12151c);--ink:light-dark(#1f2430,#e9e5da);--quiet:light-dark(#535a68,#a6adba);--live:light-dark(#0b6b75,#5cc4ce);--holds:light-dark(#2a6b3f,#7cc48f);--failed:light-dark(#a8322a,#f08a7e);--line:light-dark(#d8d3c5,#2b313d)}
body{margin:0 auto;max-width:1000px;padding:24px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font:400 24px/1.3 Georgia,serif;white-space:pre-wrap}#summary{font:18px/1.5 Georgia,serif;max-width:66ch;white-space:pre-wrap}
.quiet,#facts,#by,.what{color:var(--quiet)}.mono,#clock{font:13px/1.5 ui-monospace,monospace}
#course{display:grid;grid-template-columns:88px 1fr;gap:8px;margin:24px 0}#names span{display:block;height:36px}
#score{width:100%}.model{fill:var(--live);opacity:.45}.tool{fill:var(--live)}.receipt{fill:var(--holds)}.missing{fill:none;stroke:var(--failed)}.entry{fill:var(--quiet)}.head{stroke:var(--ink)}
#bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center}#scrub{flex:1;min-width:160px}button,select{font:inherit;min-height:32px}
ol{list-style:none;padding:0}li{display:grid;grid-template-columns:56px 120px 120px 1fr auto;gap:8px;padding:4px 0;border-bottom:1px solid var(--line)}li[hidden]{display:none}.who{font-weight:600}
@media(max-width:720px){li{grid-template-columns:56px 1fr auto}.what{display:none}.text{grid-column:1/-1}}`;

const BODY = `
<p id="facts"></p><h1 id="title"></h1><p id="summary"></p><p id="by"></p>
<div id="course"><div id="names"></div><svg id="score" role="img" aria-label="Score"></svg></div>
<div id="bar"><button id="play">Play</button><button id="back" aria-label="One event back">‹</button><button id="on" aria-label="One event on">›</button>
<span id="clock"></span><input id="scrub" type="range" min="0" aria-label="Place in the mission">
<select id="speed" aria-label="Speed"><option value="1">1×</option><option value="4">4×</option><option value="16">16×</option><option value="60" selected>60×</option></select></div>
<ol id="lines"></ol>`;

/** Data within a script: nothing in it can end the script, begin a comment or be read as markup. */
function embedded(data: Exported): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function htmlOf(data: Exported): string {
  const nonce = randomHex();
  const script = `(${player.toString()})(document,JSON.parse(document.getElementById("data").textContent))`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><title>A mission</title><style>${STYLE}</style></head>` +
    `<body>${BODY}<script type="application/json" id="data">${embedded(data)}</script><script nonce="${nonce}">${script}</script></body></html>`
  );
}
