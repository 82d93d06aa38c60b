"""Mail: a file without a server, else SMTP, and never a reason for a page to fail."""

import logging
import socket
import stat
import threading
from pathlib import Path

import pytest

from backoffice.auth import mail


class Server:
    """A mail server that takes one mail and keeps what it heard."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.heard = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        """Speak just enough of the protocol."""
        connection, _address = self.listening.accept()
        with connection, connection.makefile("rw", newline="") as line:
            self.say(line, "220 here")
            in_mail = False
            for text in line:
                self.heard.append(text.rstrip("\r\n"))
                if in_mail:
                    in_mail = text != ".\r\n"
                    if not in_mail:
                        self.say(line, "250 taken")
                elif text.upper().startswith("DATA"):
                    in_mail = True
                    self.say(line, "354 go on")
                elif text.upper().startswith("QUIT"):
                    self.say(line, "221 bye")
                    return
                else:
                    self.say(line, "250 good")

    @staticmethod
    def say(line, text):
        """Answer one line."""
        line.write(text + "\r\n")
        line.flush()

    def close(self):
        """Wait until the mail is through."""
        self.thread.join(timeout=10)
        self.listening.close()


@pytest.fixture
def server():
    """Return a mail server on this machine."""
    one = Server()
    yield one
    one.close()


def settle():
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name.startswith("mail"):
            thread.join(timeout=10)


def test_without_a_server_a_mail_is_a_file_that_only_its_owner_reads(app, client, someone, mails, caplog):
    with caplog.at_level(logging.INFO):
        client.post("/reset", data={"email": someone.email})
    (path,) = Path(app.config["MAIL_FOLDER"]).iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    (written,) = mails()
    assert (written["From"], written["To"]) == ("no-reply@127.0.0.1", someone.email)
    assert written["Date"]
    assert written["Message-ID"]
    # The link stands in the file as it is, for whoever looks at it with an editor.
    link = next(word for word in written.get_content().split() if "/reset/" in word)
    assert link in path.read_text()
    assert path.name in caplog.text
    assert "/reset/" not in caplog.text.replace("POST /reset ", "")
    assert link.rpartition("/")[2] not in caplog.text


def test_with_a_server_it_is_handed_over(app, client, someone, server, monkeypatch):
    for name, value in {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port, "MAIL_USE_TLS": False}.items():
        monkeypatch.setitem(app.config, name, value)
    monkeypatch.setitem(app.config, "MAIL_DEFAULT_SENDER", "desk@example.org")
    client.post("/reset", data={"email": someone.email})
    server.close()
    heard = "\n".join(server.heard)
    assert f"rcpt TO:<{someone.email}>" in heard
    assert "mail FROM:<desk@example.org>" in heard
    assert "/reset/" in heard
    assert not Path(app.config["MAIL_FOLDER"]).exists()


def test_a_server_that_is_down_breaks_and_slows_nothing(app, client, someone, monkeypatch, caplog):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": deaf.getsockname()[1], "MAIL_USE_TLS": False}
        for name, value in settings.items():
            monkeypatch.setitem(app.config, name, value)
        monkeypatch.setattr(mail, "PATIENCE", 60)
        answer = client.post("/reset", data={"email": someone.email})
        assert answer.status_code == 200
        # It is still waited for, but not by whoever asked.
        assert "The mail server did not take a mail." not in caplog.text
    settle()
    assert "The mail server did not take a mail." in caplog.text
    assert "/reset/" not in caplog.text


def test_a_folder_that_cannot_be_written_breaks_nothing(app, client, someone, monkeypatch, tmp_path, caplog):
    (tmp_path / "mail").write_text("a file where the folder should be")
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    assert client.post("/reset", data={"email": someone.email}).status_code == 200
    assert "A mail could not be written." in caplog.text


def test_a_name_with_a_line_break_in_a_header_is_no_mail(app, mails, caplog):
    with app.app_context():
        mail.send("Hello\r\nBcc: evil@example.net", "someone@example.com", "x")
        mail.send("Hello", "someone@example.com\nBcc: evil@example.net", "x")
    assert mails() == []
    assert caplog.text.count("A mail could not be written.") == 2
