//! What the doctor's checks are called and what it advises, in Chinese and in English.

use serde::Serialize;

/// One thing in two languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// What a check is called.
pub fn title(id: &str) -> Words {
    let (zh, en) = match id {
        "address" => ("回调地址与证书", "Callback address and certificate"),
        "path" => ("回调路径", "Callback path"),
        "token" => ("Token（令牌）", "Token"),
        "aes_key" => ("EncodingAESKey 与加密方式", "EncodingAESKey and mode"),
        "appid" => ("AppID 与原始 ID", "AppID and original id"),
        "clock" => ("时钟", "Clock"),
        "api" => ("微信接口域名", "WeChat's API hosts"),
        "ip_list" => ("IP 白名单", "IP allow-list"),
        "app_secret" => ("AppSecret", "App secret"),
        "tier" => ("账号类型与客服权限", "Account tier and the right to send"),
        "template" => ("模板消息", "Template messages"),
        "quota" => ("今日剩余调用次数", "Calls left today"),
        "callback_ips" => ("微信回调来源 IP", "Addresses WeChat calls from"),
        "account" => ("微信客服账号", "WeCom customer-service account"),
        "callbacks" => ("最近的回调", "Last callbacks"),
        "storage" => ("存储（R2、KV）", "Storage (R2, KV)"),
        _ => ("知识库", "Knowledge"),
    };
    Words { zh, en }
}

/// What to do about it.
pub fn fix(code: &str) -> Option<Words> {
    let (zh, en) = about_callbacks(code).or_else(|| about_the_account(code)).or_else(|| about_us(code))?;
    Some(Words { zh, en })
}

fn about_callbacks(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "address.not_https" => (
            "微信只能访问公网地址。请部署到公网 https 域名，并在设置 public_url 中写明。",
            "WeChat reaches public addresses only. Deploy at a public https name and put it into the setting public_url.",
        ),
        "address.dns" => (
            "微信解析不到这个域名。请检查 DNS 记录，生效后再试。",
            "WeChat cannot look this name up. Check its DNS records and try again when they are there.",
        ),
        "address.unreachable" => (
            "微信连不上这个地址。请检查防火墙、端口（80/443）与证书。",
            "WeChat cannot reach this address. Check firewall, port (80 or 443) and certificate.",
        ),
        "path.paused" => (
            "该渠道已暂停：回调返回 404。把 enabled 设为 true。",
            "The channel is paused and answers callbacks with 404. Set enabled to true.",
        ),
        "path.sealed" => (
            "该渠道的密钥无法用 DEPLOYMENT_KEY 打开。请重新填写 Token、EncodingAESKey 与 AppSecret。",
            "The channel's secrets do not open with DEPLOYMENT_KEY. Put token, EncodingAESKey and app secret anew.",
        ),
        "token.differs" => (
            "签名对不上：公众平台「服务器配置」里的 Token 与这里的不同。两边填成同一个。",
            "Signatures do not match: the token in WeChat's console differs from the one here. Make them the same.",
        ),
        "aes_key.differs" => (
            "解密失败：公众平台里的 EncodingAESKey 与这里的不同。两边填成同一个（43 个字符）。",
            "Messages do not open: the EncodingAESKey in WeChat's console differs from the one here. Make them the same (43 characters).",
        ),
        "mode.differs" => (
            "消息加解密方式不同：在公众平台选「安全模式」，或把该渠道的 mode 改成一致。",
            "The modes differ: choose the safe mode in WeChat's console, or change the channel's mode.",
        ),
        "appid.other" | "original_id.other" => (
            "消息是发给另一个账号的。请核对 AppID 与原始 ID（gh_…）。",
            "Messages are for another account. Compare AppID and original id (gh_…).",
        ),
        "clock.skew" | "clock.stale" => (
            "服务器时间与微信相差太大。请用 NTP 校准系统时钟。",
            "Our clock and WeChat's are too far apart. Set the system's clock by NTP.",
        ),
        "callbacks.none" => (
            "还没有收到过回调。在公众平台保存「服务器配置」，再给账号发一条消息。",
            "No callback has come yet. Save the server settings in WeChat's console and write to the account.",
        ),
        "callbacks.damaged" => (
            "最近的回调内容不完整。若经过代理，请让它原样转发请求与查询参数。",
            "The last callbacks were damaged. A proxy in between must pass body and query on unchanged.",
        ),
        _ => return None,
    })
}

fn about_the_account(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "appid.unknown" => (
            "微信不认识这个 AppID（40013）。请在公众平台「基本配置」核对；企业微信请核对 CorpID。",
            "WeChat does not know this AppID (40013). Compare it with its console; for WeCom the CorpID.",
        ),
        "ip_list.missing" => (
            "把上面的出口 IP 加入白名单：公众平台「基本配置 → IP 白名单」，企业微信「应用 → 企业可信 IP」。",
            "Add the address above to the list: WeChat's console, IP 白名单; WeCom's, 企业可信 IP.",
        ),
        "ip_list.unconfirmed" => (
            "该 IP 的调用需要管理员确认：在微信里查收并同意。",
            "An administrator has to confirm calls from this address in WeChat.",
        ),
        "app_secret.wrong" => (
            "AppSecret 不对，可能已被重置。在公众平台取得新的，并填到该渠道。",
            "The app secret is wrong; it may have been reset. Take the new one from WeChat's console and put it here.",
        ),
        "app_secret.frozen" => (
            "AppSecret 已被冻结（40243）。请在公众平台解冻。",
            "The app secret is frozen (40243). Unfreeze it in WeChat's console.",
        ),
        "app_secret.refused" => (
            "微信拒绝发放 access_token，请按错误码处理。",
            "WeChat refuses an access token; the error code says why.",
        ),
        "tier.no_right" => (
            "该账号没有客服消息权限（48001）：请完成微信认证，或把渠道的 tier 改为 unverified（只被动回复）。",
            "The account may not send messages (48001): have it verified, or set the channel's tier to unverified (passive replies only).",
        ),
        "tier.more_rights" => (
            "该账号已有客服消息权限：可把渠道的 tier 改为 verified 或 service。",
            "The account may send messages: the channel's tier can be verified or service.",
        ),
        "template.no_right" => (
            "该账号没有模板消息权限（48001）：请在公众平台「广告与服务 → 模板消息」申请，或改用订阅通知。",
            "The account may not send template messages (48001): apply for them in WeChat's console, or use subscribe messages.",
        ),
        "template.unknown" => (
            "账号里没有这个模板 ID。请在公众平台添加模板，并填写它的 ID。",
            "The account has no template of this id. Add it in WeChat's console and put its id into the channel.",
        ),
        "template.unreadable" => {
            ("无法读取模板列表，请按错误码处理。", "The templates cannot be read; the error code says why.")
        }
        "quota.used_up" => (
            "今天的调用次数已用完（45009）：零点恢复，或在公众平台清零（每月 10 次）。",
            "Today's calls are used up (45009): wait for midnight, or clear them in WeChat's console (10 times a month).",
        ),
        "quota.low" => ("今天的调用次数所剩不多。", "Few calls are left today."),
        "callback_ips.unknown" => (
            "微信没有给出回调来源 IP 列表：若防火墙按来源放行，请稍后再试。",
            "WeChat does not tell where it calls from: matters only to a firewall that filters by source.",
        ),
        "account.not_granted" => (
            "没有该客服账号的管理权限（95017）：在企业微信「微信客服 → 可调用接口的应用」授权，并由 API 管理。",
            "We may not act for this account (95017): grant it in WeCom's console, managed by API.",
        ),
        "account.unknown" => (
            "企业下没有这个 open_kfid。请核对客服账号。",
            "The corporation has no account of this open_kfid. Compare it.",
        ),
        "account.refused" => {
            ("企业微信拒绝了请求，请按错误码处理。", "WeCom refuses; the error code says why.")
        }
        _ => return None,
    })
}

fn about_us(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "api.no_answer" => (
            "连不上微信接口。请检查出网与 wechat_api 设置；消息会保留排队，恢复后按顺序发出。",
            "WeChat's API does not answer. Check the way out and the setting wechat_api; messages wait and leave in order.",
        ),
        "api.second_host" => (
            "主域名没有响应，正在使用备用域名，无需处理。",
            "The first host does not answer and the second one is used; nothing to do.",
        ),
        "storage.media" => {
            ("没有绑定 R2 存储桶 MEDIA，或无法读取。", "The R2 bucket MEDIA is not bound, or cannot be read.")
        }
        "storage.knowledge" => (
            "没有绑定 KV 命名空间 KNOWLEDGE，或无法读取。",
            "The KV namespace KNOWLEDGE is not bound, or cannot be read.",
        ),
        "knowledge.none" => (
            "还没有发布知识库：所有问题都转人工。用 npm run seed -- --faq FILE.json 发布。",
            "No knowledge is published: every question goes to people. Publish it by npm run seed -- --faq FILE.json.",
        ),
        _ => return None,
    })
}
