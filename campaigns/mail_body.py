"""Mail body: from what a marketer typed to one HTML template and one text template, links numbered; made once per version."""

import hashlib
import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import css_inline
import mjml
from django.utils.translation import gettext as _

from campaigns.exceptions import CampaignError
from schemas.exceptions import Problem

LIQUID = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
MARKUP = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
HREF = re.compile(r"(<(?:a|area)\b[^>]*?\shref=)\"([^\"]*)\"", re.IGNORECASE)
FORBIDDEN = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|form|base|applet|svg|mj-include)\b|<[^>]*\s(on[a-z]+)\s*=|(javascript|vbscript)\s*:",
    re.IGNORECASE,
)
STATIC_HOST = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(?=[/?#]|\Z)", re.IGNORECASE)
UNSUBSCRIBE = re.compile(r"\{\{-?\s*unsubscribe_url\s*-?\}\}")
OUTPUT = re.compile(r"\{\{(-?)(.*?)(-?)\}\}", re.DOTALL)
SECTIONS = re.compile(r"<mj-(section|wrapper|hero)\b", re.IGNORECASE)
LONGEST = 300_000
DEEPEST = 100  # tags within tags
MOST_LINKS = 500

LAYOUT = """<mjml lang="{lang}"><mj-head><mj-title>{title}</mj-title>
<mj-attributes>
<mj-all font-family="-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" />
<mj-text font-size="16px" line-height="1.55" color="#27272a" padding="8px 32px" />
<mj-button background-color="#3f3f46" color="#ffffff" border-radius="8px" font-size="16px" font-weight="600" inner-padding="13px 26px" padding="16px 32px" align="left" />
<mj-image padding="8px 32px" border-radius="8px" />
<mj-divider border-color="#e4e4e7" border-width="1px" padding="16px 32px" />
<mj-table font-size="15px" line-height="1.5" color="#27272a" padding="8px 32px" />
<mj-section background-color="#ffffff" padding="8px 0" />
</mj-attributes>
<mj-style>h1 {{ font-size: 26px; line-height: 1.25; margin: 0 0 8px; color: #18181b; }} h2 {{ font-size: 20px; line-height: 1.3; margin: 0 0 6px; color: #18181b; }} p {{ margin: 0 0 12px; }} ul, ol {{ margin: 0 0 12px; padding-left: 22px; }} th {{ text-align: left; }}</mj-style>
</mj-head><mj-body background-color="#f4f4f5" width="600px">
<mj-section background-color="#f4f4f5" padding="12px 0"></mj-section>
{body}
<mj-section background-color="#f4f4f5" padding="12px 0"></mj-section>
</mj-body></mjml>"""
SECTION = "<mj-section><mj-column>{body}</mj-column></mj-section>"
FOOTER = """<mj-section background-color="#f4f4f5" padding="4px 0 24px"><mj-column><mj-text align="center" font-size="12px" line-height="1.6" color="#71717a">
{why} <a href="{url}" style="color:#71717a;text-decoration:underline">{unsubscribe}</a><br />{postal}</mj-text></mj-column></mj-section>"""


class BodyError(CampaignError):
    """The body of a mail cannot be used."""


class Tokens:
    """Stands in for Liquid while HTML tools work on the text: they never see a brace, and cannot move what they keep."""

    def __init__(self, source: str) -> None:
        self.mark = "lq" + hashlib.sha256(source.encode()).hexdigest()[:8]
        self.kept: list[str] = []
        self.pattern = re.compile(rf"{self.mark}n([0-9]+)n")
        self.comment = re.compile(rf"<!--({self.mark}n[0-9]+n)-->")

    def keep(self, text: str) -> str:
        self.kept.append(text)
        return f"{self.mark}n{len(self.kept) - 1}n"

    def protect(self, source: str) -> str:
        return LIQUID.sub(lambda found: self.keep(found.group()), source)

    def restore(self, source: str) -> str:
        """A kept text may hold tokens itself."""
        source = self.comment.sub(r"\1", source)
        while self.pattern.search(source):
            source = self.pattern.sub(lambda found: self.kept[int(found[1])], source)
        return source

    def is_tag(self, number: str) -> bool:
        return self.kept[int(number)].startswith("{%")

    def hide_tags(self, source: str) -> str:
        """Tags between elements become comments: a parser moves text out of tables, but leaves comments where they are."""
        parts = MARKUP.split(source)
        for n in range(0, len(parts), 2):
            parts[n] = self.pattern.sub(lambda found: f"<!--{found[0]}-->" if self.is_tag(found[1]) else found[0], parts[n])
        return "".join(parts)


class Body:
    """One body on its way; `html` and `text` are Liquid templates at the end, `links` the addresses they lead to."""

    def __init__(self, content: dict[str, Any], link_tag: Callable[[int, str], str]) -> None:
        self.content, self.link_tag = content, link_tag
        self.source = str(content.get("body") or "")
        self.marketing = content.get("category", "marketing") == "marketing"
        self.tokens = Tokens(self.source)
        self.links: list[str] = []
        self.problems: list[Problem] = []
        self.check_source()
        page = self.compile(self.whole())
        page = self.numbered(self.inlined(page))
        self.text = self.text_part(page)
        self.html = self.tokens.restore(self.finish(page))
        if self.problems:
            raise BodyError(*self.problems)

    def check_source(self) -> None:
        if len(self.source) > LONGEST:
            raise BodyError(Problem("body", _("The body is longer than %(most)s characters.") % {"most": LONGEST}, _("Shorten it.")))
        found = FORBIDDEN.search(self.source)
        if found:
            what = next(group for group in found.groups() if group)
            raise BodyError(
                Problem("body", _("“%(what)s” has no place in a mail.") % {"what": what}, _("Remove it: mail programs refuse it."))
            )
        depth = deepest = 0
        for tag in MARKUP.findall(self.source):
            depth += -1 if tag.startswith("</") else 0 if tag.endswith("/>") or tag.startswith("<!") else 1
            deepest = max(deepest, depth)
        if deepest > DEEPEST and self.source.count("<br") < deepest - DEEPEST:
            raise BodyError(Problem("body", _("The elements are nested too deeply."), _("Simplify the layout.")))

    def whole(self) -> str:
        """A full MJML document, Liquid kept aside, with the footer that the law asks for."""
        body = self.tokens.protect(self.source).strip()
        footer = self.footer()
        if body.lower().startswith("<mjml"):
            return re.sub(r"</mj-body\s*>", lambda found: footer + found[0], body, count=1, flags=re.IGNORECASE)
        if not SECTIONS.search(body):
            if "<mj-" not in body:
                body = f"<mj-text>{body if '<' in body else body.replace(chr(10), '<br />')}</mj-text>"
            body = SECTION.format(body=body)
        title = html.escape(self.tokens.protect(str(self.content.get("subject") or "")))
        return LAYOUT.format(lang=html.escape(str(self.content.get("language") or "en")), title=title, body=body + footer)

    def footer(self) -> str:
        if not self.marketing or UNSUBSCRIBE.search(self.source):
            return ""
        return FOOTER.format(
            why=_("You receive this mail because you agreed to it."),
            unsubscribe=_("Unsubscribe"),
            url=self.tokens.keep("{{ unsubscribe_url }}"),
            postal=html.escape(self.postal()),
        )

    def postal(self) -> str:
        """Without braces, which would be Liquid."""
        text = str((self.content.get("sender") or {}).get("postal_address") or "")
        return text.translate(str.maketrans("{}", "()"))

    def compile(self, source: str) -> str:
        try:
            page = mjml.mjml2html(source, fonts={})  # no font is fetched from elsewhere
        except ValueError as error:
            raise BodyError(
                Problem("body", _("The body is not valid MJML: %(error)s") % {"error": error}, _("Check that every element is closed."))
            ) from error
        return self.tokens.hide_tags(page)

    def inlined(self, page: str) -> str:
        inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)
        return inliner.inline(page)

    def numbered(self, page: str) -> str:
        return HREF.sub(self.link, page)

    def link(self, found: re.Match[str]) -> str:
        url = self.tokens.restore(html.unescape(found[2])).strip()
        if not url or url.startswith("#") or UNSUBSCRIBE.fullmatch(url):
            return found[0]
        if url.lower().startswith("mailto:"):
            return found[0]
        if not STATIC_HOST.match(url):
            hint = _("Write the address out, with http:// or https:// and its host; values may stand behind the host.")
            self.problems.append(Problem("body", _("The link “%(url)s” leads nowhere safe.") % {"url": url[:200]}, hint))
            return found[0]
        if len(self.links) >= MOST_LINKS:
            raise BodyError(Problem("body", _("There are more than %(most)s links.") % {"most": MOST_LINKS}, _("Remove some.")))
        self.links.append(url)
        safe = OUTPUT.sub(lambda output: "{{" + output[1] + output[2].rstrip() + " | url_part " + output[3] + "}}", url)
        return f'{found[1]}"{self.tokens.keep(self.link_tag(len(self.links) - 1, safe))}"'

    def finish(self, page: str) -> str:
        """Preheader first, pixel last."""
        preheader = str(self.content.get("preheader") or "")
        if preheader:
            hidden = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all"
            block = f'<div style="{hidden}">{html.escape(self.tokens.protect(preheader))}</div>'
            page = re.sub(r"<body\b[^>]*>", lambda found: found[0] + block, page, count=1)
        pixel = self.tokens.keep("{{ open_pixel }}")
        before, end, after = page.rpartition("</body>")
        return f"{before}{pixel}{end}{after}"

    def text_part(self, page: str) -> str:
        own = str(self.content.get("text") or "").strip()
        if own:
            if self.marketing and not UNSUBSCRIBE.search(own):
                own += f"\n\n-- \n{self.postal()}\n" + _("Unsubscribe") + ": {{ unsubscribe_url }}\n"
            return own
        reader = TextReader(self.tokens)
        reader.feed(page)
        reader.close()
        return self.tokens.restore(reader.text()).strip() + "\n"


class TextReader(HTMLParser):
    """The words of a page, with line ends where blocks end, and addresses behind their links."""

    SILENT = {"head", "style", "title"}
    BLOCKS = {"div", "p", "tr", "table", "h1", "h2", "h3", "h4", "li", "ul", "ol", "section"}

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens = tokens
        self.parts: list[str] = []
        self.silent = 0
        self.addresses: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.silent += tag in self.SILENT
        if tag == "br" or tag in self.BLOCKS:
            self.parts.append("\n")
        if tag == "li":
            self.parts.append("- ")
        if tag == "img" and values.get("alt") and not self.silent:
            self.parts.append(f"[{values['alt']}]")
        if tag == "a":
            self.addresses.append((values.get("href") or "", len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self.silent = max(0, self.silent - 1)
        if tag in self.BLOCKS:
            self.parts.append("\n")
        if tag in ("td", "th"):
            self.parts.append(" ")
        if tag == "a" and self.addresses:
            address, start = self.addresses.pop()
            words = "".join(self.parts[start:]).strip()
            if address and not address.startswith("#") and address != words:
                self.parts.append(f" ({address})" if words else address)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if self.tokens.pattern.fullmatch(data):
            self.parts.append(data)

    def text(self) -> str:
        lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(self.parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
