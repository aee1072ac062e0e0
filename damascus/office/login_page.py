"""The page where a browser logs in: a link brings its code behind the `#`, another device's is typed.

It is three files of its own, so that one can log in where the page itself was not built.
"""

from fastapi import APIRouter, Response

from damascus.office.page import NOT_BUILT

router = APIRouter()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in: Damascus Frontier</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/login.css">
<main>
<h1>Damascus Frontier</h1>
<form>
<label for="code">The code that <code>ceo open --pair</code> shows</label>
<div>
<input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="200"
  placeholder="ABCD 2345" required autofocus>
<button>Log in</button>
</div>
<p>It has 8 characters and works once. On the company's own machine <code>ceo open</code> prints a link,
which needs none.</p>
</form>
<p role="status"></p>
</main>
<script src="/login.js"></script>
</html>
"""
STYLE = """:root {
  color-scheme: light dark;
  --ink-2: light-dark(#535a68, #a6adba);
  --card: light-dark(#fffefb, #1a1f29);
  --control: light-dark(#8a8373, #6d7686);
  --live: light-dark(#0b6b75, #5cc4ce);
  background: light-dark(#f6f4ee, #12151c);
  color: light-dark(#1f2430, #e9e5da);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
body { margin: 0; }
main { max-width: 420px; margin: 16vh auto 0; padding: 0 16px; }
h1 { margin: 0 0 24px; font: 400 32px/1.25 "Source Serif 4", Georgia, "Noto Serif", serif; }
form { padding: 16px; border: 1px solid var(--control); border-radius: 3px; background: var(--card); }
form[hidden] { display: none; }
label { display: block; font-weight: 600; }
div { display: flex; gap: 8px; margin: 8px 0 12px; }
p { margin: 0; font-size: 13px; color: var(--ink-2); }
p[role="status"] { min-height: 20px; margin-top: 16px; font-size: 15px; color: light-dark(#a8322a, #f08a7e); }
p[data-tone="plain"] { color: inherit; }
code { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
input, button { min-height: 44px; box-sizing: border-box; border: 1px solid var(--control); border-radius: 3px; }
input { flex: 1; min-width: 0; padding: 0 12px; background: none; color: inherit; letter-spacing: 2px;
  font: 18px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
input::placeholder { color: var(--ink-2); opacity: 1; }
button { padding: 0 16px; border-color: transparent; background: light-dark(#1f2430, #e9e5da);
  color: light-dark(#f6f4ee, #12151c); font: 600 15px system-ui, sans-serif; cursor: pointer; }
:focus-visible { outline: 2px solid var(--live); outline-offset: 2px; }
"""
SCRIPT = """"use strict";
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");

function say(text, tone) {
  status.dataset.tone = tone;
  status.textContent = text;
}

async function logIn(code) {
  say("Logging in ...", "plain");
  let answer;
  try {
    answer = await fetch("/api/session", {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({code}),
    });
  } catch {
    say("The office cannot be reached; `ceo up` starts the company.", "wrong");
    return;
  }
  if (!answer.ok) {
    const said = await answer.json();
    say(said.detail, "wrong");
    form.code.select();
    return;
  }
  if ((await fetch("/stage")).ok) {
    location.replace("/stage");
    return;
  }
  form.hidden = true;
  say("This browser is logged in. NOT_BUILT.", "plain");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(form.code.value);
});
if (location.hash.length > 1) {
  const code = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", "/login");
  logIn(code);
}
""".replace("NOT_BUILT", NOT_BUILT[0].upper() + NOT_BUILT[1:])


@router.get("/login")
async def page() -> Response:
    return Response(PAGE, media_type="text/html")


@router.get("/login.css")
async def style() -> Response:
    return Response(STYLE, media_type="text/css")


@router.get("/login.js")
async def script() -> Response:
    return Response(SCRIPT, media_type="text/javascript")
