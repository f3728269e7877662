"""A Postfix of our own, as strict as it goes, takes what `letterpress test` sends.

It lives in the temporary folder, listens on the loopback alone, relays nothing and
knows nothing of the Postfix this machine may run.
"""

import email
import email.policy
import os
import pwd
import re
import signal
import socket
import subprocess
import time

from checks import ARTICLES, LETTERPRESS, WORK, check, project, run, same

HOME = WORK / "postfix"
MAIL = WORK / "mail"
TLS = WORK / "tls"
PASSWORD = "correct horse battery staple"

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {work}
mail_owner = postfix
myhostname = relay.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
local_transport = error:nobody lives here
local_recipient_maps =
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_base = {mail}
virtual_mailbox_maps = static:reader/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
biff = no
smtputf8_enable = yes

strict_rfc821_envelopes = yes
strict_7bit_headers = yes
strict_8bitmime = yes
strict_8bitmime_body = yes
strict_mime_encoding_domain = yes
smtpd_forbid_bare_newline = yes
smtpd_forbid_unauth_pipelining = yes
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_sender_restrictions = reject_non_fqdn_sender
smtpd_recipient_restrictions = reject_non_fqdn_recipient, reject_unauth_destination
smtpd_relay_restrictions = reject_unauth_destination
smtpd_data_restrictions = reject_unauth_pipelining
disable_vrfy_command = yes

smtpd_tls_cert_file = {tls}/relay.pem
smtpd_tls_key_file = {tls}/relay.key
smtpd_tls_loglevel = 1
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_session_cache_database =
smtpd_sasl_path = smtpd
smtpd_sasl_type = cyrus
cyrus_sasl_config_path = {home}/sasl
smtpd_sasl_local_domain = example.com
smtpd_sasl_security_options = noanonymous
"""

MASTER = """
127.0.0.1:{plain}    inet n - n - - smtpd
127.0.0.1:{starttls} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
127.0.0.1:{implicit} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error    unix - - n - - error
retry    unix - - n - - error
virtual  unix - n n - - virtual
anvil    unix - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def certificates():
    """An authority of our own, and a certificate of it for this machine."""
    TLS.mkdir()

    def openssl(*args):
        made = run("openssl", *args, cwd=TLS)
        assert made.returncode == 0, made.stderr

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of a test",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "relay.key",
            "-out", "relay.csr", "-subj", "/CN=localhost")
    (TLS / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", "relay.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "names", "-out", "relay.pem")


def start():
    """Starts Postfix in the foreground; the process, and its three ports."""
    nobody = pwd.getpwnam("nobody")
    for folder in (HOME, HOME / "queue", HOME / "data", HOME / "sasl", MAIL, MAIL / "reader"):
        folder.mkdir(parents=True)
    postfix = pwd.getpwnam("postfix")
    os.chown(HOME / "data", postfix.pw_uid, postfix.pw_gid)
    os.chown(MAIL, nobody.pw_uid, nobody.pw_gid)
    (MAIL / "reader").rmdir()
    certificates()
    (HOME / "sasl/smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {HOME}/sasl/db\n")
    made = subprocess.run(["saslpasswd2", "-p", "-c", "-f", HOME / "sasl/db", "-u", "example.com", "news"],
                          input=PASSWORD, text=True, capture_output=True, timeout=20, check=False)
    assert made.returncode == 0, made.stderr
    os.chown(HOME / "sasl/db", postfix.pw_uid, postfix.pw_gid)
    plain, starttls, implicit = free_ports(3)
    (HOME / "main.cf").write_text(MAIN.format(
        home=HOME, work=WORK, mail=MAIL, tls=TLS, uid=nobody.pw_uid, gid=nobody.pw_gid))
    (HOME / "master.cf").write_text(MASTER.format(plain=plain, starttls=starttls, implicit=implicit))
    with open(HOME / "console", "w", encoding="utf-8") as console:
        process = subprocess.Popen(["postfix", "-c", HOME, "start-fg"], stdin=subprocess.DEVNULL,
                                   stdout=console, stderr=console, start_new_session=True)
    for port in (plain, starttls, implicit):
        wait_for(lambda port=port: answers(port), f"Postfix at port {port}")
    return process, plain, starttls, implicit


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


def wait_for(done, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s; {log()[-800:]}")


def log():
    return "".join(path.read_text(errors="replace") for path in (HOME / "console", HOME / "log") if path.exists())


def delivered():
    return sorted((MAIL / "reader/new").glob("*")) if (MAIL / "reader/new").exists() else []


def ours(raw):
    """The mail without what servers on its way put on top."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    added = (b"return-path:", b"x-original-to:", b"delivered-to:", b"received:")
    while lines[0].lower().startswith(added):
        lines.pop(0)
        while lines[0][:1] in b" \t":
            lines.pop(0)
    return b"\n".join(lines).decode("ascii")


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
    return head + "\n\n" + body


def send(folder, article, readers, relay):
    command = [LETTERPRESS, "test", article, "--to", "reader@example.com"]
    command += ["--list", readers] if readers else []
    return run(*command, cwd=folder, env={"LETTERPRESS_RELAY": relay, "SMTP_PASSWORD": PASSWORD})


def settings(starttls, more="ca_file = \"../tls/ca.pem\"\n"):
    return (f'[relay]\nurl = "smtp://news%40example.com@localhost:{starttls}?tls=starttls"\n'
            f'password = {{ env = "SMTP_PASSWORD" }}\n{more}')


def checks(plain, starttls, implicit):
    trusting = project("trusting", settings(starttls))
    doubting = project("doubting", settings(starttls, ""))
    login = f"smtp://news%40example.com@localhost:{starttls}?tls=starttls"
    ways = {
        "in plain text": f"smtp://127.0.0.1:{plain}",
        "with STARTTLS and a login": login,
        "with TLS from the beginning": f"smtps://127.0.0.1:{implicit}",
    }
    for name, (article, built, readers) in ARTICLES.items():
        for way, relay in ways.items():
            with check(f"postfix: {name}: {way}: delivered, and byte for byte what was assembled"):
                before = set(delivered())
                sent = send(trusting, article, readers, relay)
                assert sent.returncode == 0, sent.stderr
                assert sent.stdout.startswith("1 accepted by"), sent.stdout
                new = wait_for(lambda before=before: set(delivered()) - before, "the mail")
                assert len(new) == 1, new
                found = new.pop().read_bytes()
                mail = email.message_from_bytes(found, policy=email.policy.default)
                assert mail["Subject"].startswith("[Test] "), mail["Subject"]
                assert mail["Return-Path"] == "<news@example.com>", mail["Return-Path"]
                built_mail = (built / "email.eml").read_bytes()
                same(settled(ours(found)), settled(ours(built_mail)), "the mail")

    article = ARTICLES["plain text"][0]
    with check("postfix: a certificate of an unknown authority ends the run with 69, and nothing arrives"):
        before = delivered()
        sent = send(doubting, article, None, login)
        assert sent.returncode == 69 and "certificate" in sent.stderr.lower(), (sent.returncode, sent.stderr)
        assert delivered() == before

    with check("postfix: a wrong password ends the run with 69 and is not shown"):
        before = delivered()
        sent = run(LETTERPRESS, "test", article, "--to", "reader@example.com", cwd=trusting,
                   env={"SMTP_PASSWORD": "wrong horse"})
        assert sent.returncode == 69 and "535" in sent.stderr, (sent.returncode, sent.stderr)
        assert "wrong horse" not in sent.stderr + sent.stdout and delivered() == before

    with check("postfix: a recipient it refuses is told with its words"):
        sent = run(LETTERPRESS, "test", article, "--to", "reader@nowhere.test", cwd=trusting,
                   env={"LETTERPRESS_RELAY": ways["in plain text"], "SMTP_PASSWORD": PASSWORD})
        assert "0 accepted" in sent.stdout and "1 refused" in sent.stdout, sent.stdout
        assert "reader@nowhere.test" in sent.stdout and "554" in sent.stdout, sent.stdout

    with check("postfix: its log has TLS 1.3, the login, and no warning about us"):
        text = log()
        assert "TLSv1.3" in text and "sasl_username=news@example.com" in text, text[-800:]
        for word in ("improper command pipelining", "bare newline", "panic", "fatal"):
            assert word not in text, word


process = None
try:
    with check("postfix: a private instance starts on the loopback"):
        process, *ports = start()
    if process:
        checks(*ports)
finally:
    if process:
        # The server is a child of what was started, and does not end with it.
        master = HOME / "queue/pid/master.pid"
        pids = [int(master.read_text())] if master.exists() else []
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
        with check("postfix: nothing of it is left running"):
            wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "its end")
