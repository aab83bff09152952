//! What a corp has: its access token, its accounts, its customers (protocol 5, 9.5).

use super::fields::Fields;
use crate::base::id::CustomerId;
use crate::base::limits::{
    CUSTOMER_ID_BYTES_MAX, KEFU_ACCOUNTS_PER_CALL_MAX, KEFU_ANSWER_BYTES_MAX, KEFU_CUSTOMERS_PER_CALL_MAX,
};
use crate::wechat::api::{Answer, ApiRequest, parse_object, percent_encoded};
use crate::wechat::secret::Secret;
use serde_json::{Value, json};

/// Asks for the access token of the application whose secret it is; [`crate::wechat::api::parse_token`] reads the
/// answer. While a token is good the same one is given again: there is nothing to force. WeCom wants the secret in
/// the query, which [`ApiRequest`] does not show.
pub fn gettoken(corpid: &str, corp_secret: &Secret) -> ApiRequest {
    let query =
        format!("corpid={}&corpsecret={}", percent_encoded(corpid), percent_encoded(corp_secret.expose()));
    ApiRequest { needs_token: false, ..ApiRequest::get("/cgi-bin/gettoken", query).for_wecom() }
}

/// One customer-service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KefuAccount {
    /// Its id.
    pub open_kfid: String,
    /// Its name, as customers see it.
    pub name: String,
    /// Its picture's address.
    pub avatar: String,
    /// Whether we may act for it; not said in older answers.
    pub manage_privilege: Option<bool>,
}

/// Asks for the corp's accounts from the `offset`-th on, [`KEFU_ACCOUNTS_PER_CALL_MAX`] at a time.
pub fn account_list(offset: u32) -> ApiRequest {
    let body = json!({ "offset": offset, "limit": KEFU_ACCOUNTS_PER_CALL_MAX });
    ApiRequest::post("/cgi-bin/kf/account/list", body.to_string()).for_wecom()
}

/// Reads the answer to [`account_list`].
pub fn parse_account_list(status: u16, body: &[u8]) -> Answer<Vec<KefuAccount>> {
    let account = |item: &Value| {
        let fields = Fields::of(item);
        Some(KefuAccount {
            open_kfid: fields.word("open_kfid")?,
            name: fields.text("name").unwrap_or_default(),
            avatar: fields.word("avatar").unwrap_or_default(),
            manage_privilege: fields.number("manage_privilege").map(|flag| flag != 0),
        })
    };
    read(status, body, |fields| fields.list("account_list").iter().filter_map(account).collect())
}

/// Who a customer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Their id.
    pub external_userid: CustomerId,
    /// Their name in WeChat.
    pub nickname: String,
    /// Their picture's address; possibly empty.
    pub avatar: String,
    /// 0 unknown, 1 male, 2 female.
    pub gender: Option<i64>,
    /// The same person in all accounts of one owner.
    pub unionid: Option<String>,
}

/// What is known of the customers that were asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customers {
    /// Those that WeCom knows.
    pub known: Vec<Customer>,
    /// Those that it does not.
    pub invalid: Vec<CustomerId>,
}

/// Asks who customers are: one request for every [`KEFU_CUSTOMERS_PER_CALL_MAX`].
pub fn customer_batchget(customers: &[CustomerId]) -> Vec<ApiRequest> {
    let request = |chunk: &[CustomerId]| {
        let body = json!({ "external_userid_list": chunk, "need_enter_session_context": 0 });
        ApiRequest::post("/cgi-bin/kf/customer/batchget", body.to_string()).for_wecom()
    };
    customers.chunks(KEFU_CUSTOMERS_PER_CALL_MAX).map(request).collect()
}

/// Reads the answer to one of [`customer_batchget`].
pub fn parse_customer_batchget(status: u16, body: &[u8]) -> Answer<Customers> {
    let id = |word: String| (word.len() <= CUSTOMER_ID_BYTES_MAX).then_some(CustomerId(word));
    let customer = |item: &Value| {
        let fields = Fields::of(item);
        Some(Customer {
            external_userid: fields.word("external_userid").and_then(id)?,
            nickname: fields.text("nickname").unwrap_or_default(),
            avatar: fields.word("avatar").unwrap_or_default(),
            gender: fields.number("gender"),
            unionid: fields.word("unionid"),
        })
    };
    let invalid = |item: &Value| id(item.as_str()?.to_owned());
    read(status, body, |fields| Customers {
        known: fields.list("customer_list").iter().filter_map(customer).collect(),
        invalid: fields.list("invalid_external_userid").iter().filter_map(invalid).collect(),
    })
}

fn read<T>(status: u16, body: &[u8], value: impl Fn(Fields<'_>) -> T) -> Answer<T> {
    match parse_object(status, body, KEFU_ANSWER_BYTES_MAX) {
        Answer::Ok(object) => Answer::Ok(value(Fields::of(&Value::Object(object)))),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}
