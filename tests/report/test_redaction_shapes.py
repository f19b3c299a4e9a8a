"""What looks like a secret is taken out of a text, and what only resembles one stays."""

import base64
import random
import re
import string
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.errors import BarsError
from pytest_evalbars.gate.load import load_bars
from pytest_evalbars.redaction import redacted
from pytest_evalbars.redaction.own import LONGEST_MATCH, hold_patterns
from pytest_evalbars.redaction.shapes import HIDDEN
from pytest_evalbars.run.plain import ROOM, TEXT_LENGTH, plain, text

LUCK = random.Random(8)  # noqa: S311 - tokens of nobody
ALPHANUMERIC = string.ascii_letters + string.digits


def luck(length, letters=ALPHANUMERIC):
    """A part of a token: letters and digits are mixed in it."""
    return f"a1{''.join(LUCK.choices(letters, k=length - 4))}Z9"


def upper(length):
    return "A1" + "".join(LUCK.choices(string.ascii_uppercase + string.digits, k=length - 2))


JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","name":"A"}', b"0123456789abcdefghij")
)
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"

#: By kind: a text, and the part of it that must go.
SECRETS = {
    "openai": ("use {} now", f"sk-{luck(48)}"),
    "openai of a project": ("{}", f"sk-proj-{luck(60)}_{luck(30)}-{luck(12)}"),
    "anthropic": ("({})", f"sk-ant-api03-{luck(80)}-AA"),
    "openrouter": ("{}", f"sk-or-v1-{luck(40, string.hexdigits.lower())}"),
    "half hidden": ("{}", "sk-proj-********************abcd"),
    "stripe": ("{}", f"sk_live_{luck(24)}"),
    "github": ("{}", f"ghp_{luck(36)}"),
    "github of a server": ("{}", f"ghs_{luck(36)}"),
    "github, fine-grained": ("{}", f"github_pat_{luck(22)}_{luck(59)}"),
    "gitlab": ("{}", f"glpat-{luck(20)}"),
    "slack": ("{}", f"xoxb-123456789012-1234567890123-{luck(24)}"),
    "slack app": ("{}", f"xapp-1-A0123-456-{luck(30)}"),
    "slack webhook": ("https://hooks.slack.com/services/{}", f"T0000AAAA/B0000BBBB/{luck(24)}"),
    "aws id": ("id {}.", f"AKIA{upper(16)}"),
    "aws secret": ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "google": ("{}", f"AIza{luck(35)}"),
    "google oauth": ("{}", f"ya29.{luck(60)}"),
    "hugging face": ("{}", f"hf_{luck(34)}"),
    "groq": ("{}", f"gsk_{luck(52)}"),
    "xai": ("{}", f"xai-{luck(80)}"),
    "npm": ("{}", f"npm_{luck(36)}"),
    "pypi": ("{}", f"pypi-AgEIcHlwaS5vcmc{luck(60)}"),
    "sendgrid": ("{}", f"SG.{luck(22)}.{luck(43)}"),
    "jwt": ("token {},", JWT),
    "jwt in JSON": ('{{"id_token":"{}"}}', JWT),
    "private key": ("{}\nafter", f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n{PEM}\n-----END RSA PRIVATE KEY-----"),
    "private key in JSON": (
        "{}",
        f"-----BEGIN PRIVATE KEY-----\\n{PEM}\\n{PEM}=\\n-----END PRIVATE KEY-----\\n"[:-2],
    ),
    "private key, cut off": ("{}", f"-----BEGIN EC PRIVATE KEY-----\n{PEM}\n{PEM[:20]}"),
    "bearer": ("Authorization: Bearer {}", "abc.def-123"),
    "bearer in JSON": ('{{"Authorization": "Bearer {}"}}', "short-1"),
    "bearer in a dict": ("{{'authorization': 'Bearer {}'}}", luck(40)),
    "bearer of letters": ("Authorization: Bearer {}", "abcdefghijklmnopq"),
    "bearer alone": ("sent bearer {} to it", luck(30)),
    "basic": ("Authorization: Basic {}", base64.b64encode(b"user:hunter2").decode()),
    "basic alone": ("-H 'Basic {}'", base64.b64encode(b"user:hunter2").decode()),
    "authorization, no scheme": ("authorization={}", luck(30)),
    "proxy": ("Proxy-Authorization: Basic {}", base64.b64encode(b"user:hunter2").decode()),
    "x-api-key": ("x-api-key: {}", "k-12345"),
    "x-api-key in JSON": ('"X-API-Key": "{}"', luck(20)),
    "x-goog-api-key": ("x-goog-api-key: {}", luck(20)),
    "cookie": ("Cookie: {}", "session=abc123; other=5"),
    "set-cookie": ("Set-Cookie: {}\nbody", "sid=31d4d96e407aad42; Path=/; HttpOnly"),
    "api_key": ('api_key="{}"', luck(24)),
    "client secret": ("client_secret: {}", luck(24)),
    "address": ("postgres://{}@db.example.com/x", "user:p4ss"),
    "address without a user": ("redis://{}@localhost:6379", ":p4ssword"),
    "query": ("https://x.example/v1?a=1&key={}&b=2", luck(39)),
    "query, token": ("GET /x?access_token={}", luck(30)),
    "query, signature": ("https://x/y?sv=1&sig={}", luck(40)),
    "query, password": ("https://x/y?password={}", "hunter2"),
}

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#: What has to stay as it is.
FINE = {
    "hash": HASH,
    "git": "commit 5ca8c029085a49e3fb6d0f469bd2d11de0486b50",
    "uuid": "id 123e4567-e89b-12d3-a456-426614174000",
    "picture": f"data:image/png;base64,iVBORw0KGgo{base64.b64encode(LUCK.randbytes(3_000)).decode()}",
    "tool call": "call_9pw1qnYScqvGrCH58HWCvFH6, chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT, fp_50cad350e4",
    "prose": (
        "The bearer of this token is a key witness. Basic authentication needs a password; the cookie says so: take "
        "two cups. Authorization: required. Authorization: Basic auth is needed, tokens are not. My secret: patience."
    ),
    "kebab": "sk-learn-based-classification-model-v2-for-tickets, task-force-of-2024-members, risk-based-approach-1",
    "snake": "hf_transformers_pipeline_for_text_classification, xai-explains-decisions-of-models-with-2-methods",
    "addresses": "http://localhost:8000/a@b https://example.com:443/?q=a@b.c mail me at a.b@example.com",
    "query": "https://example.com/search?key=customer_name&token=next_page&page=3",
    "code": 'def f(key: str = "name", *, token="eos") -> str:\n    return {"api_key": api_key}[key]',
    "placeholders": 'api_key="<your key>", Authorization: Bearer $TOKEN_OF_YOURS[:0], OPENAI_API_KEY=sk-...',
    "numbers": "4111 1111 1111 1111, +49 30 1234567, 2026-11-20T22-41-07-3f9c",
    "node id": "evals/test_support.py::test_answer[refund-1-gpt-4o-2024-08-06]",
    "public key": "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----",
    "ssh": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    "json as base64": base64.b64encode(b'{"role":"user","n":[1,2,3]}' * 20).decode(),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_what_looks_like_a_secret_is_taken_out(kind):
    form, secret = SECRETS[kind]
    found = redacted(f"before {form.format(secret)}")
    assert secret not in found
    assert found == f"before {form.format(HIDDEN)}"
    assert redacted(found) == found


@pytest.mark.parametrize("kind", [kind for kind in FINE if kind != "placeholders"])
def test_what_only_resembles_one_stays(kind):
    assert redacted(FINE[kind]) == FINE[kind]


def test_what_stands_for_a_key_stays():
    fine = 'api_key="<your key>", api_key=..., OPENAI_API_KEY=sk-..., sk-your-key-here, x-api-key: <key>'
    assert redacted(fine) == fine


ABOUT = """
the bearer token key keys basic cookie cookies authorization password secret of a is: needed; and (no) sk- hf x-api
api-key please? task: 12 3.5% = & eyeing glance single ... private
"""
PROSE = st.lists(st.sampled_from([*ABOUT.split(), "\n"]), max_size=60).map(" ".join)


@given(PROSE)
def test_prose_about_secrets_stays(words):
    assert redacted(words) == words


@given(st.text(max_size=300))
def test_any_text_is_redacted_once(words):
    once = redacted(words)
    assert redacted(once) == once


@given(st.binary(min_size=4, max_size=400), st.sampled_from([bytes.hex, lambda raw: base64.b64encode(raw).decode()]))
def test_hashes_and_base64_stay(raw, spell):
    words = f"value {spell(raw)} end"
    assert redacted(words) == words


@given(st.sampled_from(sorted(SECRETS)), st.text(st.characters(exclude_categories=["L", "N", "Cs"]), max_size=30))
def test_a_secret_goes_whatever_stands_beside_it(kind, beside):
    form, secret = SECRETS[kind]
    assert secret not in redacted(f"{beside} {form.format(secret)} {beside}")


def test_the_code_of_this_project_stays_but_for_what_the_tests_of_redaction_say():
    folder = Path(__file__).parents[2] / "pytest_evalbars"
    for path in folder.rglob("*.py"):
        words = path.read_text(encoding="utf-8")
        assert redacted(words) == words, path


def test_variables_are_named_in_every_spelling(monkeypatch):
    monkeypatch.setenv("MY_PASSWORD", 'two\nlines & "quotes"')
    for spelt in ('two\nlines & "quotes"', r"two\nlines & \"quotes\"", "two%0Alines%20%26%20%22quotes%22"):
        assert redacted(f"it is {spelt}.") == "it is [MY_PASSWORD]."


def test_halves_beside_a_cut_go_too(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "correct-horse-battery")
    assert redacted("assert 'it is corr...horse-battery' == ''") == "assert 'it is corr...[MY_TOKEN]' == ''"
    assert redacted("'a correct-horse...b'") == "'a [MY_TOKEN]...b'"
    assert redacted("'my ghp_0123456...b' hf_model... sk-learn...") == f"'my {HIDDEN}...b' hf_model... sk-learn..."
    assert redacted("..." * 3 + "horse.... and so on ...") == "..." * 3 + "horse.... and so on ..."


@pytest.fixture
def own():
    """Lets patterns hold for a test."""
    ends = []
    yield lambda *patterns: ends.append(hold_patterns(patterns))
    for end in ends:
        end()


def test_own_patterns_hold_in_all_threads_until_they_end(own):
    own(r"EMP-\d{6}", r"(?i)project \w+")
    said = []
    thread = threading.Thread(target=lambda: said.append(redacted("EMP-123456 of Project X")))
    thread.start()
    thread.join()
    assert said == [f"{HIDDEN} of {HIDDEN}"]
    assert redacted("EMP-12345 is short") == "EMP-12345 is short"


@pytest.mark.parametrize("before", [0, 1, LONGEST_MATCH - 5, 2 * LONGEST_MATCH - 3, 7 * LONGEST_MATCH + 3])
def test_own_patterns_find_what_lies_across_a_search(own, before):
    own(r"EMP-\d{6}")
    assert redacted("x" * before + "EMP-123456" + "y" * 5_000) == "x" * before + HIDDEN + "y" * 5_000


@given(st.text("aE-1 ", max_size=40), st.integers(0, 3 * LONGEST_MATCH))
def test_own_patterns_find_what_a_search_of_the_whole_finds(words, before):
    end = hold_patterns([r"E-?1+", r"\ba+\b"])
    try:
        whole = re.sub(r"\ba+\b", HIDDEN, re.sub(r"E-?1+", HIDDEN, "." * before + words))
        assert redacted("." * before + words).replace(HIDDEN, "#") == whole.replace(HIDDEN, "#")
    finally:
        end()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", '`redact`: "(" no regular expression: missing ), unterminated subpattern at position 0'),
        ("x*", '"x*" matches where there is nothing, and so everywhere'),
        (r"\b", "matches where there is nothing"),
        ("(a+)+b", '"(a+)+b" takes too long on some texts'),
        (r"EMP-(\d+)+x", "takes too long on some texts"),
        pytest.param(r"(a{0,15}){0,15}b", "takes too long", marks=pytest.mark.slow),
    ],
)
def test_a_pattern_that_is_of_no_use_is_refused(pattern, said):
    began = time.thread_time()
    with pytest.raises(BarsError) as refused:
        load_bars({"redact": ["fine", pattern]})
    assert said in str(refused.value)
    assert time.thread_time() - began < 3


@pytest.mark.parametrize("value", ["EMP", [1], [""]])
def test_redact_takes_a_list_of_patterns(value):
    with pytest.raises(BarsError, match="redact"):
        load_bars({"redact": value})


def test_ordinary_patterns_are_taken_as_they_are():
    patterns = (r"EMP-\d{6}", r"[\w.]+@[\w.]+\.\w+", r"(?i)(?:name|id): .* ", r"(\w+\s)+end", r"\d{3}-\d{2}-\d{4}")
    assert load_bars({"redact": list(patterns)}).redact == patterns


# -- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [100, 2_000, TEXT_LENGTH])
def test_no_part_of_a_secret_is_left_where_a_text_is_cut(monkeypatch, length):
    monkeypatch.setenv("SOME_TOKEN", secret := "-".join(f"part{n:03}" for n in range(400)))
    for before in (length - 1_500, length - 100, length - 8, length - 1, length + 10):
        found = text("." * before + secret + "." * 5_000_000, length)
        assert "part" not in found
        assert len(found) < length + 60


def test_a_cut_says_how_many_characters_are_missing():
    assert text("x" * 50_000_000).endswith(f"x ... [{50_000_000 - TEXT_LENGTH} more characters]")
    kept = plain({"a": ["y" * 40_000] * 10, "b": 1})
    assert kept["a"][-1] == "... [5 more values]"
    assert kept["..."] == "[1 more values]"
    assert sum(len(each) for each in kept["a"]) < ROOM + 200


@pytest.mark.slow
def test_redaction_takes_milliseconds():
    words = ("The bearer of this key answers and cites section 4 of the policy, cookie or not. " * 300)[:20_000]
    hostile = [
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "sk-",
        "authorization: bearer ",
        "a",
        "://",
        "cookie: a",
        ":",
        "\\n",
    ]
    for each in (words, *(part * (20_000 // len(part)) for part in hostile)):
        began = time.thread_time()
        for _ in range(10):
            redacted(each)
        assert (time.thread_time() - began) / 10 < 0.03
