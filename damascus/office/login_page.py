"""The page where a browser logs in: a link brings its code behind the `#`, another device's is typed."""

from fastapi import APIRouter, Response

router = APIRouter()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in: Damascus Frontier</title>
<h1>Damascus Frontier</h1>
<form>
<label>The code that <code>ceo open --pair</code> shows
<input name="code" autocomplete="off" autocapitalize="characters" required></label>
<button>Log in</button>
</form>
<p role="status"></p>
<script src="/login.js"></script>
</html>
"""
SCRIPT = """"use strict";
const form = document.querySelector("form");
const status = document.querySelector("p");

async function logIn(code) {
  const answer = await fetch("/api/session", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({code}),
  });
  const said = await answer.json();
  if (!answer.ok) {
    status.textContent = said.detail;
    return;
  }
  if ((await fetch("/stage")).ok) {
    location.replace("/stage");
    return;
  }
  form.hidden = true;
  status.textContent = "This browser is logged in.";
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
"""


@router.get("/login")
async def page() -> Response:
    return Response(PAGE, media_type="text/html")


@router.get("/login.js")
async def script() -> Response:
    return Response(SCRIPT, media_type="text/javascript")
