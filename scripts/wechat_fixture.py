"""Makes tests/contract/vectors/wechatpy.json: packets and replies as wechatpy 1.8.18 makes them.

    python3 -m venv VENV && VENV/bin/pip install wechatpy==1.8.18 cryptography setuptools
    VENV/bin/python scripts/wechat_fixture.py

Seeded: the same versions give the same file. `--check` compares instead of writing.
"""

import json
import random
import string
import sys
from pathlib import Path

import wechatpy.crypto.base
import xmltodict
from wechatpy import parse_message, replies
from wechatpy.crypto import WeChatCrypto

FILE = Path(__file__).parent.parent / "tests" / "contract" / "vectors" / "wechatpy.json"
TEXTS = ["你好", "转人工", "Hello, world", "😀👨‍👩‍👧", " 两边有空格 ", "第一行\n第二行", "a < b && c > d", "&amp;", "/::)", "ญี่ปุ่น"]
MESSAGES = [
    ("image", "<PicUrl><![CDATA[http://mmbiz.qpic.cn/a?b=1&c=2]]></PicUrl><MediaId><![CDATA[m]]></MediaId>"),
    ("voice", "<MediaId><![CDATA[m]]></MediaId><Format><![CDATA[amr]]></Format>"),
    ("video", "<MediaId><![CDATA[m]]></MediaId><ThumbMediaId><![CDATA[t]]></ThumbMediaId>"),
    ("shortvideo", "<MediaId><![CDATA[m]]></MediaId><ThumbMediaId><![CDATA[t]]></ThumbMediaId>"),
    ("location", "<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale>"
                 "<Label><![CDATA[位置]]></Label>"),
    ("link", "<Title><![CDATA[标题]]></Title><Description><![CDATA[d]]></Description><Url><![CDATA[http://a]]></Url>"),
]
EVENTS = [
    ("subscribe", "<EventKey></EventKey>"),
    ("subscribe", "<EventKey><![CDATA[qrscene_42]]></EventKey><Ticket><![CDATA[T]]></Ticket>"),
    ("unsubscribe", "<EventKey></EventKey>"),
    ("SCAN", "<EventKey><![CDATA[42]]></EventKey><Ticket><![CDATA[T]]></Ticket>"),
    ("LOCATION", "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119.3</Precision>"),
    ("CLICK", "<EventKey><![CDATA[MENU_HUMAN]]></EventKey>"),
    ("VIEW", "<EventKey><![CDATA[http://a.example/?q=1&r=2]]></EventKey>"),
    ("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>"),
    ("kf_create_session", "<KfAccount><![CDATA[a@b]]></KfAccount>"),
    ("card_pass_check", "<CardId><![CDATA[c]]></CardId>"),
]


def contents(rng):
    """Yields the type and the plaintext of each push."""
    def push(message_type, fields):
        time = rng.randint(1_500_000_000, 1_900_000_000)
        openid = "o" + "".join(rng.choices(string.ascii_letters + string.digits + "-_", k=27))
        return (f"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
                f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{time}</CreateTime>"
                f"<MsgType><![CDATA[{message_type}]]></MsgType>{fields}</xml>")

    def message_id():
        return f"<MsgId>{rng.randint(10**16, 2**64 - 1)}</MsgId>"

    for text in TEXTS:
        yield push("text", f"<Content><![CDATA[{text}]]></Content>{message_id()}")
    # One byte more each time: every length of padding occurs.
    for extra in range(32):
        yield push("text", f"<Content><![CDATA[{'x' * (extra + 1)}]]></Content><MsgId>12345678901234567</MsgId>")
    for message_type, fields in MESSAGES:
        yield push(message_type, fields + message_id())
    for event, fields in EVENTS:
        yield push("event", f"<Event><![CDATA[{event}]]></Event>{fields}")


def packet(rng, content):
    """Encrypts a push under an account of its own and says how wechatpy understands it."""
    # The last two bits of the 43rd character are free: any letter or digit is a key.
    aes_key = "".join(rng.choices(string.ascii_letters + string.digits, k=43))
    token = "".join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(3, 32)))
    appid = "wx" + "".join(rng.choices("0123456789abcdef", k=16))
    nonce = str(rng.randint(1, 2_147_483_647))
    timestamp = str(rng.randint(1_500_000_000, 1_900_000_000))
    prefix = "".join(rng.choices(string.ascii_letters + string.digits, k=16))
    wechatpy.crypto.base.random_string = lambda length: prefix
    sealed = xmltodict.parse(WeChatCrypto(token, aes_key, appid).encrypt_message(content, nonce, timestamp))["xml"]
    body = (f"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>")
    message = parse_message(content)
    return {
        "token": token, "aes_key": aes_key, "appid": appid, "timestamp": timestamp, "nonce": nonce,
        "random": prefix, "msg_signature": sealed["MsgSignature"], "body": body, "content": content,
        "from_user": message.source, "type": xmltodict.parse(content)["xml"]["MsgType"],
        "text": getattr(message, "content", None), "id": str(message.id) if message.id else None,
        "event": xmltodict.parse(content)["xml"].get("Event"),
    }


def reply_samples():
    """Yields the name and the XML of each passive reply."""
    common = {"source": "gh_0123456789ab", "target": "o1", "time": 1_700_000_000}
    yield "text", replies.TextReply(content="你好\n<a href=\"http://a\">a</a>", **common)
    yield "image", replies.ImageReply(media_id="m", **common)
    yield "voice", replies.VoiceReply(media_id="m", **common)
    yield "video", replies.VideoReply(media_id="m", title="t", description="d", **common)
    yield "music", replies.MusicReply(
        thumb_media_id="m", title="t", description="d", music_url="u", hq_music_url="h", **common)
    article = {"title": "t", "description": "d", "image": "p", "url": "u"}
    yield "news", replies.ArticlesReply(articles=[article], **common)
    yield "transfer", replies.TransferCustomerServiceReply(**common)


def fixture():
    rng = random.Random(20261122)
    made = {
        "about": "made by scripts/wechat_fixture.py with wechatpy 1.8.18",
        "packets": [packet(rng, content) for content in contents(rng)],
        "replies": [{"kind": kind, "xml": reply.render()} for kind, reply in reply_samples()],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if FILE.read_text("utf-8") == fixture() else "the fixture differs from what wechatpy makes")
    FILE.write_text(fixture(), "utf-8")
