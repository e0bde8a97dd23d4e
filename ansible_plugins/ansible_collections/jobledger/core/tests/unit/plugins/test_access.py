"""How a plugin is let in: which token counts, what is warned about, and TLS files that cannot be used."""

from __future__ import annotations

import ssl

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import access
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import TransportError
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import SettingError
from ansible_collections.jobledger.core.plugins.plugin_utils.state import settings
from tools.certificates import Authority
from tools.ingester import Ingester

URL = "http://127.0.0.1:1"
TOKEN = "jl_" + "0a" * 32


def _token(warn=None, **given):
    told = [] if warn is None else warn
    return access.client(access.of_environment({}, url=URL, **given), told.append)._token


def test_token_comes_from_the_setting_before_the_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    told: list = []
    assert _token(told, token_file=str(path)) == TOKEN and told == []
    assert _token(token="other", token_file=str(path)) == "other"
    assert _token(token="other", token_file=str(tmp_path / "none")) == "other"
    assert _token() is None


def test_file_that_everybody_can_read_is_warned_about_and_used(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o644)
    told: list = []
    assert _token(told, token_file=str(path)) == TOKEN
    assert len(told) == 1 and str(path) in told[0] and "chmod 600" in told[0] and TOKEN not in told[0]


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"two words", b"\xff\xfe", TOKEN.encode() + b"\n" + TOKEN.encode()]
)
def test_token_file_that_holds_no_token_is_an_error_that_does_not_show_it(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SettingError, match="token") as error:
        _token(token_file=str(path))
    assert TOKEN not in str(error.value) and "words" not in str(error.value)


def test_key_without_certificate_is_an_error():
    with pytest.raises(SettingError, match="client_cert"):
        _token(client_key="/k.pem")


def test_roles_take_the_files_of_ansible_cfg_beside_it(tmp_path):
    cfg = tmp_path / "ansible.cfg"
    cfg.write_text("[jobledger]\nurl = %s\ntoken_file = token\nca_file = ca.pem\n" % URL)
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    client = settings.Connection("", {}, str(cfg)).client(pytest.fail)
    assert (client._token, client._ca_file) == (TOKEN, str(tmp_path / "ca.pem"))
    assert settings.Connection("", {"JOBLEDGER_TOKEN": "other"}, str(cfg)).client(pytest.fail)._token == "other"


def test_client_certificate_is_shown_and_files_that_cannot_be_used_are_named(tmp_path):
    ca = Authority(tmp_path, "ca")
    cert, key = ca.issue("server")
    own_cert, own_key = ca.issue("controller")
    other_key = Authority(tmp_path, "other").issue("stranger")[1]
    server = Ingester()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.load_verify_locations(ca.file)
    context.verify_mode = ssl.CERT_REQUIRED
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    with server:
        given = {"url": server.url.replace("http:", "https:"), "ca_file": str(ca.file)}

        def ask(**more):
            client = access.client(
                access.of_environment({}, **{**given, **{name: str(path) for name, path in more.items()}}), pytest.fail
            )
            try:
                return client.request("POST", "/api/v1/events", b"[]", 10).status
            finally:
                client.close()

        assert ask(client_cert=own_cert, client_key=own_key) == 200
        with pytest.raises(TransportError):
            ask()
        with pytest.raises(TransportError, match="client_cert .* cannot be used"):
            ask(client_cert=own_cert, client_key=other_key)
        with pytest.raises(TransportError, match="client_cert .*no such file|client_cert .*No such file"):
            ask(client_cert=tmp_path / "none.pem")
        with pytest.raises(TransportError, match="ca_file .* cannot be used"):
            ask(ca_file=tmp_path / "none.pem")
        (tmp_path / "text.pem").write_text("no certificate")
        with pytest.raises(TransportError, match="ca_file .* cannot be used"):
            ask(ca_file=tmp_path / "text.pem")
