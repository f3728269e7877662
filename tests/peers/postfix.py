"""A Postfix of our own, as strict as it goes.

It lives in the temporary folder, listens on the loopback alone, relays nothing and
knows nothing of the Postfix this machine may run. Whatever it takes lies in one maildir.
"""

import os
import pwd
import signal
import socket
import subprocess
import time

from checks import WORK, check, run

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
smtpd_recipient_restrictions = reject_non_fqdn_recipient, reject_unauth_destination{more}
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


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


def wait_for(done, what, seconds=20, log=lambda: ""):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s; {log()[-800:]}")


class Postfix:
    """A server in the foreground; `more` are further restrictions of recipients, `main` and
    `master` further lines of its two files."""

    def __init__(self, name, more="", main="", master=""):
        self.home = WORK / name
        self.mail = self.home / "mail"
        self.tls = self.home / "tls"
        nobody = pwd.getpwnam("nobody")
        for folder in (self.home, self.home / "queue", self.home / "data", self.home / "sasl", self.mail, self.tls):
            folder.mkdir(parents=True)
        postfix = pwd.getpwnam("postfix")
        os.chown(self.home / "data", postfix.pw_uid, postfix.pw_gid)
        os.chown(self.mail, nobody.pw_uid, nobody.pw_gid)
        self.certificates()
        base = self.home / "sasl"
        (base / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {base}/db\n")
        made = subprocess.run(["saslpasswd2", "-p", "-c", "-f", base / "db", "-u", "example.com", "news"],
                              input=PASSWORD, text=True, capture_output=True, timeout=20, check=False)
        assert made.returncode == 0, made.stderr
        os.chown(base / "db", postfix.pw_uid, postfix.pw_gid)
        self.plain, self.starttls, self.implicit = free_ports(3)
        (self.home / "main.cf").write_text(MAIN.format(
            home=self.home, work=WORK, mail=self.mail, tls=self.tls, uid=nobody.pw_uid, gid=nobody.pw_gid, more=more)
            + main)
        (self.home / "master.cf").write_text(MASTER.format(
            plain=self.plain, starttls=self.starttls, implicit=self.implicit) + master)
        with open(self.home / "console", "w", encoding="utf-8") as console:
            self.process = subprocess.Popen(["postfix", "-c", self.home, "start-fg"], stdin=subprocess.DEVNULL,
                                            stdout=console, stderr=console, start_new_session=True)
        for port in (self.plain, self.starttls, self.implicit):
            self.wait_for(lambda port=port: answers(port), f"Postfix at port {port}")

    def certificates(self):
        """An authority of our own, and a certificate of it for this machine."""

        def openssl(*args):
            made = run("openssl", *args, cwd=self.tls)
            assert made.returncode == 0, made.stderr

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of a test",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "relay.key",
                "-out", "relay.csr", "-subj", "/CN=localhost")
        (self.tls / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        openssl("x509", "-req", "-in", "relay.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-extfile", "names", "-out", "relay.pem")

    def wait_for(self, done, what, seconds=20):
        return wait_for(done, what, seconds, self.log)

    def log(self):
        paths = (self.home / "console", self.home / "log")
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def delivered(self):
        folder = self.mail / "reader/new"
        return sorted(folder.glob("*")) if folder.exists() else []

    def settings(self, trusting=True):
        """A `[relay]` that logs in over STARTTLS."""
        more = f'ca_file = "{self.tls}/ca.pem"\n' if trusting else ""
        return (f'[relay]\nurl = "smtp://news%40example.com@localhost:{self.starttls}?tls=starttls"\n'
                f'password = {{ env = "SMTP_PASSWORD" }}\n{more}')

    def stop(self):
        # The server is a child of what was started, and does not end with it.
        master = self.home / "queue/pid/master.pid"
        pids = [int(master.read_text())] if master.exists() else []
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        with check("postfix: nothing of it is left running"):
            wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "its end")


def ours(raw):
    """The mail without what servers on its way put on top."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    added = (b"return-path:", b"x-original-to:", b"delivered-to:", b"received:")
    while lines[0].lower().startswith(added):
        lines.pop(0)
        while lines[0][:1] in b" \t":
            lines.pop(0)
    return b"\n".join(lines).decode("ascii")
