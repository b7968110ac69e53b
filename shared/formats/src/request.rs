//! What a format asks a page for.
use std::fmt;

use serde_json::Value;
use url::Url;

/// Of what a `POST` carries.
const MAX_POSTED: usize = 512;

/// A `GET`, or a `POST` of a small JSON document. A `GET` and a `POST` of one address are two requests, and so are two
/// `POST`s that carry different documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub url: Url,
    /// What a `POST` carries; `None`: a `GET`.
    pub posted: Option<String>,
}

impl Request {
    /// Asks by `POST`, for platforms that answer nothing else. `json`: the format's own words, and what it knows of the
    /// page's address; never what a page answered.
    pub(crate) fn post(url: Url, json: &Value) -> Self {
        Self { url, posted: Some(json.to_string()) }
    }

    pub fn is_post(&self) -> bool {
        self.posted.is_some()
    }

    /// Whether it may be sent for this page. A `POST` is for the page's own origin only, as its login is.
    pub(crate) fn may_be_sent_for(&self, page: &Url) -> bool {
        let is_small = |posted: &String| posted.len() <= MAX_POSTED;
        self.posted.as_ref().is_none_or(|posted| is_small(posted) && self.url.origin() == page.origin())
    }
}

impl From<Url> for Request {
    fn from(url: Url) -> Self {
        Self { url, posted: None }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.posted {
            Some(posted) => write!(f, "POST {} {posted}", self.url),
            None => write!(f, "{}", self.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Answer, Answers, ReadError, Stop};

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn post_is_for_the_origin_of_its_page_and_small() {
        let page = url("https://status.example.com/p/7");
        let may = |to: &str, json: Value| Request::post(url(to), &json).may_be_sent_for(&page);
        assert!(may("https://status.example.com/api", json!({})));
        for elsewhere in [
            "https://example.com/api",
            "https://api.status.example.com/api",
            "http://status.example.com/api",
            "https://status.example.com:8443/api",
            "https://status.example.com@evil.test/api",
        ] {
            assert!(!may(elsewhere, json!({})), "{elsewhere}");
            assert!(Request::from(url(elsewhere)).may_be_sent_for(&page), "a GET of {elsewhere} may");
        }
        let of = |bytes: usize| json!("x".repeat(bytes - 2));
        assert!(may("https://status.example.com/api", of(512)) && !may("https://status.example.com/api", of(513)));
    }

    #[test]
    fn what_may_not_be_sent_ends_the_read() {
        let page = url("https://status.example.com");
        let elsewhere = || Request::post(url("https://evil.test/api"), &json!({}));
        let stop = Stop::Need(vec![page.clone().into(), elsewhere()]).checked(&page);
        let Stop::Unusable(ReadError::Malformed(reason)) = stop else { panic!("{stop:?}") };
        assert_eq!(reason, "it leads to a POST to https://evil.test, which is not sent");
        let own = Stop::Need(vec![elsewhere().url.into()]).checked(&page);
        assert!(matches!(own, Stop::Need(requests) if requests.len() == 1));
    }

    #[test]
    fn answers_of_one_address_are_told_apart_by_method_and_body() {
        let at = url("https://status.example.com/api");
        let [first, second] = [json!({"n": 1}), json!({"n": 2})].map(|json| Request::post(at.clone(), &json));
        let mut answers = Answers::default();
        answers.0.push(Answer { status: 201, ..Answer::none(first.clone()) });
        assert!(answers.get(&at).is_none() && answers.require(&at).is_err());
        assert!(answers.require_all(std::slice::from_ref(&at)).is_err());
        assert_eq!(answers.require_request(&first).unwrap().status, 201);
        let missing = answers.require_request(&second).unwrap_err();
        assert!(matches!(missing, Stop::Need(requests) if requests == [second.clone()]));
        answers.0.push(Answer { status: 200, ..Answer::none(at.clone()) });
        assert_eq!((answers.get(&at).unwrap().status, answers.to(&first).unwrap().status), (200, 201));
        assert!(answers.to(&second).is_none());
    }
}
