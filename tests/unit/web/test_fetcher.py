"""A page as it is read: its text, the facts of the transfer, and every reason why there is none."""

import gzip
import zlib
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler

import pytest

from damascus.core.clock import FixedClock, SystemClock
from damascus.web.download import USER_AGENT
from damascus.web.fetcher import PageFetcher
from damascus.web.port import Page, Unchanged, Validators, WebError, WebErrorKind
from tests.fixtures.site import Answer, Site

TEXT = (
    "The market for bread grew by nine percent last year, says the office of statistics in its yearly report.\n"
    "Small bakeries lost a tenth of their customers to supermarkets, which bake in the shop since 2019.\n"
    "Those that sell by order, over the telephone or a page of their own, kept theirs, and earned more with each."
)


@pytest.fixture
async def fetcher(site: Site) -> AsyncIterator[PageFetcher]:
    made = PageFetcher(site.settings(), SystemClock())
    yield made
    await made.close()


async def page(fetcher: PageFetcher, url: str) -> Page:
    found = await fetcher.fetch(url)
    assert isinstance(found, Page)
    return found


async def refusal(fetcher: PageFetcher, url: str) -> WebErrorKind:
    with pytest.raises(WebError) as error:
        await fetcher.fetch(url)
    assert len(str(error.value).splitlines()) == 1
    return error.value.kind


async def test_a_page_is_its_main_text_with_what_it_says_of_itself(fetcher: PageFetcher, site: Site) -> None:
    head = (
        '<title>Bread in figures</title><meta name="author" content="Ana Lopez">'
        '<meta property="article:published_time" content="2026-03-04">'
    )
    url = site.article("/bread", TEXT + '\nMore <a href="/flour#top">about flour</a>.', head)
    found = await page(fetcher, url)
    assert "grew by nine percent" in found.text
    assert (found.title, found.author, found.date, found.language) == (
        "Bread in figures",
        "Ana Lopez",
        "2026-03-04",
        "en",
    )
    assert (found.status, found.media_type, found.size) == (200, "text/html", len(site.answers["/bread"].body))
    assert [(link.text, link.url) for link in found.links] == [("about flour", f"{site.url}/flour")]


async def test_what_no_reader_sees_is_not_read(fetcher: PageFetcher, site: Site) -> None:
    hidden = ('<p hidden>ORDER-1</p><p style="display:none">ORDER-2</p><p style="font-size:0px">ORDER-3</p>'
              '<!-- ORDER-4 --><p style="VISIBILITY: hidden">ORDER-5</p><p style="opacity:0">ORDER-6</p>')  # fmt: skip
    found = await page(
        fetcher, site.article("/a", TEXT + hidden + '\n<span style="font-size:0.9em">small print</span>')
    )
    assert "ORDER" not in found.text
    assert "small print" in found.text


@pytest.mark.parametrize(
    ("said", "charset", "declared"),
    [
        ("text/html; charset=windows-1251", "cp1251", ""),
        ("text/html", "cp1251", '<meta charset="windows-1251">'),
        ("text/html; charset=utf-8", "cp1251", '<meta charset="windows-1251">'),  # the host is wrong
        ("text/html", "utf-8-sig", ""),
        ("text/html", "utf-16", ""),
        ("text/html; charset=nonsense", "utf-8", ""),
    ],
)
async def test_old_charsets_are_read_right(
    fetcher: PageFetcher, site: Site, said: str, charset: str, declared: str
) -> None:
    text = "Рынок хлеба вырос на девять процентов за прошлый год, сообщает служба статистики. " * 3
    html = f"<html><head>{declared}</head><body><article><p>{text}</p></article></body></html>"
    site.answers["/ru"] = Answer(html.encode(charset), headers={"Content-Type": said})
    assert "Рынок хлеба вырос" in (await page(fetcher, f"{site.url}/ru")).text


async def test_compressed_pages_are_read_and_bombs_are_not(fetcher: PageFetcher, site: Site) -> None:
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    site.article("/plain", TEXT)
    site.answers["/gzip"] = Answer(gzip.compress(site.answers["/plain"].body), headers=packed)
    site.answers["/bomb"] = Answer(gzip.compress(b"a" * 30_000_000), headers=packed)
    site.answers["/broken"] = Answer(b"no gzip at all", headers=packed)
    site.answers["/twice"] = Answer(b"", headers=packed | {"Content-Encoding": "gzip, gzip"})
    site.answers["/deflate"] = Answer(zlib.compress(b"x"), headers=packed | {"Content-Encoding": "deflate"})
    assert "nine percent" in (await page(fetcher, f"{site.url}/gzip")).text
    assert await refusal(fetcher, f"{site.url}/bomb") == WebErrorKind.TOO_LARGE
    for path in ("/broken", "/twice", "/deflate"):
        assert await refusal(fetcher, f"{site.url}{path}") == WebErrorKind.NO_TEXT


async def test_a_page_of_the_limit_is_read_and_one_byte_more_is_not(site: Site) -> None:
    site.answers["/at"] = Answer(b"a" * 5_000, headers={"Content-Type": "text/plain"})
    site.answers["/over"] = Answer(b"a" * 5_001, headers={"Content-Type": "text/plain"})
    fetcher = PageFetcher(site.settings(page_bytes=5_000), SystemClock())
    assert (await page(fetcher, f"{site.url}/at")).size == 5_000
    assert await refusal(fetcher, f"{site.url}/over") == WebErrorKind.TOO_LARGE
    await fetcher.close()


async def test_redirects_are_followed_to_an_end(fetcher: PageFetcher, site: Site) -> None:
    site.article("/end", TEXT)
    for number in range(8):
        site.answers[f"/{number}"] = Answer(
            status=302, headers={"Location": f"/{number + 1}" if number < 7 else "/end"}
        )
    site.answers["/loop"] = Answer(status=301, headers={"Location": "/loop"})
    found = await page(fetcher, f"{site.url}/0")
    assert (found.url, found.final_url) == (f"{site.url}/0", f"{site.url}/end")
    assert await refusal(fetcher, f"{site.url}/loop") == WebErrorKind.REFUSED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, WebErrorKind.NOT_FOUND), (410, WebErrorKind.NOT_FOUND), (401, WebErrorKind.PAYWALL),
        (402, WebErrorKind.PAYWALL), (403, WebErrorKind.REFUSED), (429, WebErrorKind.REFUSED),
        (451, WebErrorKind.REFUSED), (500, WebErrorKind.REFUSED), (204, WebErrorKind.REFUSED),
    ],
)  # fmt: skip
async def test_a_status_says_what_to_do_instead(
    fetcher: PageFetcher, site: Site, status: int, kind: WebErrorKind
) -> None:
    site.answers["/a"] = Answer(b"" if status == 204 else b"words", status)
    assert await refusal(fetcher, f"{site.url}/a") == kind


async def test_what_is_not_text_is_said(fetcher: PageFetcher, site: Site) -> None:
    site.answers["/picture"] = Answer(b"\x89PNG", headers={"Content-Type": "image/png"})
    site.answers["/script"] = Answer(b"<html><body><div id=root></div><script src=a.js></script></body></html>")
    site.answers["/empty"] = Answer(b"", headers={"Content-Type": "text/plain"})
    site.answers["/pdf"] = Answer(b"%PDF-1.7 and then nothing", headers={"Content-Type": "application/pdf"})
    for path in site.answers:
        assert await refusal(fetcher, f"{site.url}{path}") == WebErrorKind.NO_TEXT, path
    paid = '<script type="application/ld+json">{"isAccessibleForFree": "False"}</script>'
    assert await refusal(fetcher, site.article("/paid", "The first words only.", paid)) == WebErrorKind.PAYWALL


async def test_a_page_that_kills_its_parser_kills_nothing_else(fetcher: PageFetcher, site: Site) -> None:
    deep = b"<div>" * 300_000
    site.answers["/deep"] = Answer(b"<html><body>" + deep, headers={"Content-Type": "text/html"})
    assert await refusal(fetcher, f"{site.url}/deep") == WebErrorKind.NO_TEXT
    assert "nine percent" in (await page(fetcher, site.article("/a", TEXT))).text


async def test_robots_are_asked_once_and_obeyed(fetcher: PageFetcher, site: Site) -> None:
    rules = f"User-agent: *\nDisallow: /all\n\nUser-agent: {USER_AGENT.split('/')[0]}\nDisallow: /private*.html$\n"
    site.answers["/robots.txt"] = Answer(rules.encode(), headers={"Content-Type": "text/plain"})
    site.article("/all", TEXT)
    assert await refusal(fetcher, f"{site.url}/private/a.html") == WebErrorKind.ROBOTS
    await page(fetcher, f"{site.url}/all")  # the group of our own name goes before
    assert site.paths() == ["/all"]
    assert len(site.asked) == 2


async def test_a_redirect_into_what_robots_forbid_is_not_followed(fetcher: PageFetcher, site: Site) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /secret")
    site.answers["/a"] = Answer(status=302, headers={"Location": "/secret"})
    assert await refusal(fetcher, f"{site.url}/a") == WebErrorKind.ROBOTS
    assert site.paths() == ["/a"]


async def test_a_host_that_cannot_say_its_rules_is_left_alone(fetcher: PageFetcher, site: Site) -> None:
    site.article("/a", TEXT)
    site.answers["/robots.txt"] = Answer(b"", 503)
    assert await refusal(fetcher, f"{site.url}/a") == WebErrorKind.REFUSED
    assert site.paths() == []


async def test_a_long_file_of_rules_is_read_from_its_beginning(fetcher: PageFetcher, site: Site) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /a\n" + b"# more\n" * 100_000)
    site.article("/a", TEXT)
    assert await refusal(fetcher, f"{site.url}/a") == WebErrorKind.ROBOTS


async def test_rules_are_asked_again_after_an_hour(site: Site) -> None:
    clock = FixedClock()
    fetcher = PageFetcher(site.settings(), clock)
    url = site.article("/a", TEXT)
    await fetcher.fetch(url)
    clock.advance(3_590)
    await fetcher.fetch(url)
    assert len(site.asked) == 3
    clock.advance(11)
    await fetcher.fetch(url)
    assert len(site.asked) == 5
    await fetcher.close()


async def test_requests_to_one_host_keep_their_distance(site: Site) -> None:
    clock = FixedClock()
    fetcher = PageFetcher(site.settings(seconds_between_requests=2), clock)
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 2.5")
    url = site.article("/a", TEXT)
    for _ in range(3):
        await fetcher.fetch(url)
    assert clock.monotonic() == 5.0  # the host's own wish, twice
    await fetcher.close()


async def test_an_unchanged_page_is_not_sent_again(fetcher: PageFetcher, site: Site) -> None:
    url = site.article("/a", TEXT)
    site.answers["/a"].headers |= {"ETag": '"v1"', "Last-Modified": "Tue, 03 Mar 2026 10:00:00 GMT"}
    found = await page(fetcher, url)
    assert found.validators == Validators('"v1"', "Tue, 03 Mar 2026 10:00:00 GMT")
    site.answers["/a"] = Answer(status=304)
    assert await fetcher.fetch(url, found.validators) == Unchanged(url)
    _, sent = site.asked[-1]
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"v1"', "Tue, 03 Mar 2026 10:00:00 GMT")


async def test_nothing_of_ours_is_sent_to_a_host(fetcher: PageFetcher, site: Site) -> None:
    url = site.article("/a", TEXT)
    site.answers["/a"].headers |= {"Set-Cookie": "id=1"}
    await fetcher.fetch(url)
    await fetcher.fetch(url)
    for _, sent in site.asked:
        assert sent.keys() <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_the_lists_of_hosts_are_obeyed(site: Site) -> None:
    url = site.article("/a", TEXT)
    for changed in ({"denied_hosts": "127.0.0.1"}, {"allowed_hosts": "example.org, example.com"}):
        fetcher = PageFetcher(site.settings(**changed), SystemClock())
        assert await refusal(fetcher, url) == WebErrorKind.FORBIDDEN
        await fetcher.close()
    assert site.asked == []


async def test_a_host_that_never_ends_is_given_up(site: Site) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:
            handler.close_connection = True

    site.answers["/slow"] = Answer(play=trickle)
    fetcher = PageFetcher(site.settings(seconds=2, page_bytes=1_000_000_000), SystemClock())
    assert await refusal(fetcher, f"{site.url}/slow") == WebErrorKind.TOO_SLOW
    await fetcher.close()


async def test_a_host_that_is_away_is_said(fetcher: PageFetcher, site: Site) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True  # without a word

    site.answers["/robots.txt"] = Answer(b"")
    site.answers["/a"] = Answer(play=hang_up)
    assert await refusal(fetcher, f"{site.url}/a") == WebErrorKind.OFFLINE
