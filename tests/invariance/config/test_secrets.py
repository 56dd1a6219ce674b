"""Names, passwords and keys in addresses: refused without a word of them, and given otherwise."""

import base64
import copy
import hashlib
import http.server
import threading

import pytest

from invariance.config.schema_check import check
from invariance.config.settings_files import read
from invariance.launch.command_line import check_entries
from transforms2d.base_images import used_settings as base_settings
from transforms2d.errors import UserError
from transforms2d.natural_images import used_settings as natural_settings
from transforms2d.web.addresses import holds_secret, without_secret
from transforms2d.web.download import download

WORD = "hunter2"
SECRETS = [
    f"https://me:{WORD}@mirror.example/cifar",
    f"https://{WORD}@mirror.example/cifar",
    f"HTTP://me:{WORD}@mirror.example",
    f"https:/me:{WORD}@mirror.example/cifar",
    f"https:me:{WORD}@mirror.example",
    f"me:{WORD}@mirror.example/cifar",
    f"ftp://me:{WORD}@mirror.example/cifar",
    f"https://mirror.example/cifar?token={WORD}",
    f"https://mirror.example/cifar?a=1&X-Amz-Signature={WORD}",
    f"https://mirror.example/cifar#access_key={WORD}",
    f"https://mirror.example/cifar;password={WORD}",
    f"  https://me:{WORD}@mirror.example/cifar",
]
PLAIN = [
    "https://mirror.example/cifar",
    "https://mirror.example:8080/~me@home/cifar-10/",
    "https://mirror.example/@cifar?version=3",
    "tillspeicher/transforms_2d_base",
    "images/of@home",
    "results/demo",
    "1h",
]
PLACES = [
    ("natural_images", "cifar10", "base_url"),
    ("natural_images", "cifar100", "folder"),
    ("base_images", "repository"),
    ("base_images", "revision"),
    ("base_images", "folder"),
    ("results",),
    ("device",),
    ("resources", "pretraining", "mem"),
    ("studies", "invariance_transfer", "transformations"),
    ("protocol", "preset"),
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_seen_and_taken_out(secret):
    assert holds_secret(secret)
    assert WORD not in without_secret(f"it failed: {secret.strip()} (no answer)") or ";" in secret


@pytest.mark.parametrize("plain", PLAIN)
def test_plain_addresses_pass(plain):
    assert not holds_secret(plain) and without_secret(plain).startswith(plain.partition("?")[0])


@pytest.mark.parametrize("secret", SECRETS[:2] + SECRETS[7:9])
@pytest.mark.parametrize("path", PLACES)
def test_they_are_refused_wherever_they_stand(config, repository, path, secret):
    config = copy.deepcopy(config)
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = [secret] if path[-1] == "transformations" else secret
    with pytest.raises(UserError) as refused:
        check(config, repository / "workflow/schemas/config.schema.yaml")
    assert str(refused.value).startswith(".".join(path)) and "~/.netrc" in str(refused.value)
    assert WORD not in str(refused.value)


@pytest.mark.parametrize("secret", SECRETS[:6])
def test_the_library_refuses_them_too(secret):
    for settings in (
        lambda: natural_settings("cifar10", {"source": "torchvision", "base_url": secret}),
        lambda: natural_settings("cifar10", {"source": "folder", "folder": secret}),
        lambda: base_settings(
            {"source": "folder", "folder": secret, "objects": 1, "backgrounds": 1, "prototypes": 1}
        ),
        lambda: check_entries([f"natural_images={{cifar10: {{base_url: '{secret}'}}}}"]),
    ):
        with pytest.raises(UserError) as refused:
            settings()
        assert WORD not in str(refused.value)


@pytest.mark.parametrize("broken", ["a: [", "a: '", "\ta: ", "a: b: c", "a: \x07"])
def test_no_error_of_a_file_quotes_it(tmp_path, broken):
    path = tmp_path / "mine.yaml"
    path.write_text(f"x: https://me:{WORD}@mirror.example\n{broken} https://{WORD}@x\n")
    with pytest.raises(UserError) as refused:
        read(path)
    assert WORD not in str(refused.value) and "\n" not in str(refused.value)


@pytest.fixture
def guarded():
    """A server on 127.0.0.1 that gives its file to one user alone; all headers it was sent."""
    seen = []

    class Guard(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.headers.get("Host"), self.headers.get("Authorization")))
            right = "Basic " + base64.b64encode(f"me:{WORD}".encode()).decode()
            if self.path == "/elsewhere":
                self.send_response(302)
                port = self.server.server_address[1]
                self.send_header("Location", f"http://localhost:{port}/open")
                self.end_headers()
                return
            allowed = self.path == "/open" or seen[-1][1] == right
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"data" if allowed else b"nope")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guard)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()


MD5 = hashlib.md5(b"data").hexdigest()


def logins(monkeypatch, folder, text, mode=0o600):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("NETRC", raising=False)
    (folder / ".netrc").write_text(text)
    (folder / ".netrc").chmod(mode)


def test_a_login_of_netrc_opens_a_mirror(guarded, monkeypatch, tmp_path):
    address, _ = guarded
    logins(monkeypatch, tmp_path, f"machine 127.0.0.1 login me password {WORD}\n")
    download(f"{address}/cifar", tmp_path / "file", md5=MD5)
    assert (tmp_path / "file").read_bytes() == b"data"


def test_without_one_it_is_refused(guarded, monkeypatch, tmp_path):
    address, _ = guarded
    logins(monkeypatch, tmp_path, f"machine other.example login me password {WORD}\n")
    with pytest.raises(UserError, match="401"):
        download(f"{address}/cifar", tmp_path / "file", md5=MD5)
    assert not (tmp_path / "file").exists()


def test_a_login_goes_to_its_own_host_alone(guarded, monkeypatch, tmp_path):
    address, seen = guarded
    text = f"machine 127.0.0.1 login me password {WORD}\ndefault login you password {WORD}\n"
    logins(monkeypatch, tmp_path, text)
    download(f"{address}/elsewhere", tmp_path / "file", md5=MD5)
    hosts = dict(seen)
    assert [hosts[host] is None for host in hosts] == [False, True]
    assert [host.partition(":")[0] for host in hosts] == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize(
    ("text", "mode"), [("machine", 0o600), ("machine 127.0.0.1 login a password b\n", 0o644)]
)
def test_a_file_of_logins_that_is_no_such_file_is_named(guarded, monkeypatch, tmp_path, text, mode):
    logins(monkeypatch, tmp_path, text, mode)
    with pytest.raises(UserError, match=r"\.netrc: .*chmod 600") as refused:
        download(f"{guarded[0]}/cifar", tmp_path / "file", md5=MD5)
    assert "\n" not in str(refused.value)
