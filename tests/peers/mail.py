"""The built mails, read by Python's own parsers."""

import email
import email.policy
from html.parser import HTMLParser

from checks import ARTICLES, NEWSLETTER, check, same, unix

# What an HTML element without an end tag is called (HTML, §13.1.2).
VOID = set("area base br col embed hr img input link meta source track wbr".split())


class Outline(HTMLParser):
    """The texts of headings, list items and paragraphs, and whether every element is closed."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.found, self.lists, self.images, self.links = [], [], [], [], []
        self.text = []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "img":
            self.images.append(attrs)
        if tag == "a":
            self.links.append(attrs.get("href"))
        if tag in VOID:
            return
        if tag in ("ul", "ol"):
            self.lists.append((tag, []))
        elif tag == "li":
            self.lists[-1][1].append([])
        elif tag != "span" and self.in_item():
            self.lists[-1][1][-1].append(tag)
        self.open.append(tag)
        if tag in ("h1", "h2", "h3", "h4", "p", "li", "strong"):
            self.found.append((tag, []))

    def in_item(self):
        """Whether what comes now is a list item's own, but for plain wrappers."""
        return next((tag for tag in reversed(self.open) if tag != "span"), None) == "li"

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" in self.open or "title" in self.open:
            return
        self.text.append(data)
        if self.in_item() and data.strip():
            self.lists[-1][1][-1].append("text")
        for tag, words in reversed(self.found):
            if tag in self.open:
                words.append(data)
                break

    def texts(self, tag):
        return [" ".join("".join(words).split()) for name, words in self.found if name == tag]


def is_closed(html):
    return html.rstrip().endswith("</html>")


for name, (article, built, _) in ARTICLES.items():
    raw = (built / "email.eml").read_bytes()
    html = (built / "email.html").read_text(encoding="utf-8")
    text = (built / "email.txt").read_text(encoding="utf-8")
    message = email.message_from_bytes(raw, policy=email.policy.default)

    with check(f"python email: {name}: no part has a defect"):
        for part in message.walk():
            assert not part.defects, part.defects
            for header, value in part.items():
                assert not value.defects, (header, value.defects)

    with check(f"python email: {name}: two parts, the text first, and each is what was built"):
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"], kinds
        plain, rich = message.iter_parts()
        same(unix(plain.get_content()), unix(text), "the text part")
        same(unix(rich.get_content()), unix(html), "the HTML part")
        assert message.get_body(("plain",)) is plain and message.get_body(("html",)) is rich

    with check(f"python email: {name}: the headers a mail needs are there, once, and can be read"):
        for header in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id"):
            assert len(message.get_all(header, [])) == 1, header
        assert message["From"].addresses[0].addr_spec == "news@example.com"
        assert message["From"].addresses[0].display_name == NEWSLETTER["name"]
        assert message["To"].addresses[0].addr_spec == "reader@example.com"
        assert message["Date"].datetime.tzinfo is not None
        assert message["Message-ID"].count("@") == 1
        assert "=?" not in message["Subject"] and message["Subject"].strip()

    with check(f"python: {name}: seven bits, CRLF, no line over 998 bytes, no bare line end"):
        assert all(byte < 128 for byte in raw)
        lines = raw.split(b"\r\n")
        assert lines[-1] == b"" and max(map(len, lines)) <= 998
        assert not any(b"\r" in line or b"\n" in line for line in lines)

    with check(f"python html.parser: {name}: every element is closed, every picture has a text"):
        page = Outline(html)
        assert html.lstrip().lower().startswith("<!doctype html>") and is_closed(html)
        assert all("alt" in image for image in page.images), page.images
        assert all(link and link.split(":")[0] in ("http", "https", "mailto") or link.startswith("#")
                   for link in page.links), page.links
        # The one sample of code speaks of merge tags.
        assert "[[" not in html and "{%" not in html

article, built, _ = ARTICLES["plain text"]
html = (built / "email.html").read_text(encoding="utf-8")
text = (built / "email.txt").read_text(encoding="utf-8")
page = Outline(html)
source = article.read_text(encoding="utf-8")
H2 = ["What is microneedling for acne scars?", "How effective is microneedling?", "The procedure",
      "The benefits of microneedling", "Considerations and risks"]
H3 = ["The science behind it", "What the research says", "What to expect", "After-care"]
LEAD_INS = ["Smoother texture:", "Short recovery:", "Suited to many skin tones:", "Works with other care:"]
LEFT_OVERS = ["You may also like", "View all", "Example blog post"]

with check("plain text: one h1, five h2 and four h3, in their order"):
    assert page.texts("h1") == ["Microneedling for acne scars: what to know before you book"], page.texts("h1")
    assert page.texts("h2") == H2, page.texts("h2")
    assert page.texts("h3") == H3, page.texts("h3")
    order = [" ".join("".join(words).split()) for tag, words in page.found if tag in ("h2", "h3")]
    assert order == [H2[0], H2[1], H3[0], H3[1], H2[2], H3[2], H3[3], H2[3], H2[4]], order

with check("plain text: one list of four, each item led in by bold words"):
    assert [(kind, len(items)) for kind, items in page.lists] == [("ul", 4)], page.lists
    assert all(item[0] == "strong" and "text" in item for item in page.lists[0][1]), page.lists
    strong = [words for words in page.texts("strong") if words in LEAD_INS or words + ":" in LEAD_INS]
    assert len(strong) == 4, page.texts("strong")

with check("plain text: every paragraph of the article is in both parts, the last one too"):
    paragraphs = [line.strip() for line in source.splitlines() if len(line) > 120]
    assert paragraphs[-1].startswith("Scars are part of a story") and len(paragraphs) > 10
    in_text, in_html = " ".join(text.split()), " ".join("".join(page.text).split())
    for paragraph in paragraphs:
        words = " ".join(paragraph.removeprefix("•").split())
        assert words in in_html, f"not in the HTML: {words[:60]}"
        assert words in in_text or words.split(": ", 1)[1] in in_text, f"not in the text: {words[:60]}"

with check("plain text: nothing of the page it was copied from is left over"):
    for words in LEFT_OVERS:
        assert words not in html and words not in text, words

with check("plain text: the text part has the headings in their order and the four items"):
    at = 0
    for heading in [H2[0], H2[1], H3[0], H3[1], H2[2], H3[2], H3[3], H2[3], H2[4]]:
        places = [at + i for i, line in enumerate(text.splitlines()[at:]) if heading.lower() in line.lower()]
        assert places, f"no {heading!r} after line {at}"
        at = places[0] + 1
    items = [line for line in text.splitlines() if line.lstrip().startswith(("•", "*", "-")) and ":" in line]
    assert len(items) == 4, items
    assert not any(ord(c) < 32 and c not in "\r\n" for c in text)
