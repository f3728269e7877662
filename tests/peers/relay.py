"""A strict Postfix takes what `letterpress test` sends."""

import email
import email.policy
import quopri
import re

from checks import ARTICLES, LETTERPRESS, check, project, run, same
from postfix import PASSWORD, Postfix, ours


def settled(mail):
    """The mail without what differs from copy to copy: a test says so in its subject,
    and has nobody's name beside the address of who gets it."""
    boundary = re.search(r'boundary="([^"]+)"', mail)[1]
    mail = mail.replace(boundary, "BOUNDARY")
    head, body = mail.split("\n\n", 1)
    head = re.sub(r"\n[ \t]+", " ", head)
    subject = email.message_from_string(mail, policy=email.policy.default)["Subject"].removeprefix("[Test] ")
    head = re.sub(r"(?m)^Subject: .*$", lambda _: f"Subject: {subject}", head)
    to = email.message_from_string(mail, policy=email.policy.default)["To"].addresses[0].addr_spec
    head = re.sub(r"(?m)^To: .*$", lambda _: f"To: {to}", head)
    head = re.sub(r"(?m)^Date: .*$", "Date: DATE", head)
    head = re.sub(r"(?m)^Message-ID: <\w+@", "Message-ID: <ID@", head)
    token = re.search(r"unsubscribe%20([\w-]+)>", head)[1]
    return head.replace(token, "TOKEN") + "\n\n" + "\n".join(without(token, body))


def without(token, body):
    """The lines of a quoted-printable body; those with the token, on which it depends where
    they are broken and what is encoded for that, are decoded and have none."""
    for line in re.split(r"(?<!=)\n", body):
        whole = quopri.decodestring(line.encode()).decode()
        yield whole.replace(token, "TOKEN") if token in whole else line


def send(folder, article, readers, relay):
    command = [LETTERPRESS, "test", article, "--to", "reader@example.com"]
    command += ["--list", readers] if readers else []
    return run(*command, cwd=folder, env={"LETTERPRESS_RELAY": relay, "SMTP_PASSWORD": PASSWORD})


def checks(postfix):
    trusting = project("trusting", postfix.settings())
    doubting = project("doubting", postfix.settings(trusting=False))
    login = f"smtp://news%40example.com@localhost:{postfix.starttls}?tls=starttls"
    ways = {
        "in plain text": f"smtp://127.0.0.1:{postfix.plain}",
        "with STARTTLS and a login": login,
        "with TLS from the beginning": f"smtps://127.0.0.1:{postfix.implicit}",
    }
    for name, (article, built, readers) in ARTICLES.items():
        for way, relay in ways.items():
            with check(f"postfix: {name}: {way}: delivered, and byte for byte what was assembled"):
                before = set(postfix.delivered())
                sent = send(trusting, article, readers, relay)
                assert sent.returncode == 0, sent.stderr
                assert sent.stdout.startswith("1 accepted by"), sent.stdout
                new = postfix.wait_for(lambda before=before: set(postfix.delivered()) - before, "the mail")
                assert len(new) == 1, new
                found = new.pop().read_bytes()
                mail = email.message_from_bytes(found, policy=email.policy.default)
                assert mail["Subject"].startswith("[Test] "), mail["Subject"]
                assert mail["Return-Path"] == "<news@example.com>", mail["Return-Path"]
                built_mail = (built / "email.eml").read_bytes()
                same(settled(ours(found)), settled(ours(built_mail)), "the mail")

    article = ARTICLES["plain text"][0]
    with check("postfix: a certificate of an unknown authority ends the run with 69, and nothing arrives"):
        before = postfix.delivered()
        sent = send(doubting, article, None, login)
        assert sent.returncode == 69 and "certificate" in sent.stderr.lower(), (sent.returncode, sent.stderr)
        assert postfix.delivered() == before

    with check("postfix: a wrong password ends the run with 69 and is not shown"):
        before = postfix.delivered()
        sent = run(LETTERPRESS, "test", article, "--to", "reader@example.com", cwd=trusting,
                   env={"SMTP_PASSWORD": "wrong horse"})
        assert sent.returncode == 69 and "535" in sent.stderr, (sent.returncode, sent.stderr)
        assert "wrong horse" not in sent.stderr + sent.stdout and postfix.delivered() == before

    with check("postfix: a recipient it refuses is told with its words"):
        sent = run(LETTERPRESS, "test", article, "--to", "reader@nowhere.test", cwd=trusting,
                   env={"LETTERPRESS_RELAY": ways["in plain text"], "SMTP_PASSWORD": PASSWORD})
        assert "0 accepted" in sent.stdout and "1 refused" in sent.stdout, sent.stdout
        assert "reader@nowhere.test" in sent.stdout and "554" in sent.stdout, sent.stdout

    with check("postfix: its log has TLS 1.3, the login, and no warning about us"):
        text = postfix.log()
        assert "TLSv1.3" in text and "sasl_username=news@example.com" in text, text[-800:]
        for word in ("improper command pipelining", "bare newline", "panic", "fatal"):
            assert word not in text, word


postfix = None
try:
    with check("postfix: a private instance starts on the loopback"):
        postfix = Postfix("postfix")
    if postfix:
        checks(postfix)
finally:
    if postfix:
        postfix.stop()
