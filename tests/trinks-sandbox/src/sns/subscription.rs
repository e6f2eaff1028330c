//! The one subscription: where to, confirmed or not, and what was delivered.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use uuid::Uuid;

/// Deliveries that are remembered.
const LOG: usize = 500;

/// The subscription of the webhook to the topic.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) url: Option<String>,
    pub(crate) topic_arn: String,
    pub(crate) signature_version: String,
    pub(crate) retry_delay: Duration,
    /// There once confirmed.
    pub(crate) arn: Option<String>,
    /// Tokens sent, with the topic each is for.
    tokens: BTreeMap<String, String>,
    deliveries: VecDeque<Receipt>,
    /// Deliveries under way.
    pub(crate) pending: u64,
}

/// How a delivery ended.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) message_id: String,
    pub(crate) kind: &'static str,
    /// The last try's status; 0 if nobody answered.
    pub(crate) status: u16,
    pub(crate) tries: u32,
}

impl Receipt {
    pub(crate) fn shown(&self) -> Value {
        json!({ "message_id": self.message_id, "type": self.kind, "status": self.status, "tries": self.tries })
    }
}

/// Why a confirmation is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Topic,
    Token,
}

impl Subscription {
    pub(crate) fn new(topic_arn: String, signature_version: String, retry_delay: Duration) -> Self {
        Self {
            url: None,
            topic_arn,
            signature_version,
            retry_delay,
            arn: None,
            tokens: BTreeMap::new(),
            deliveries: VecDeque::new(),
            pending: 0,
        }
    }

    /// Another address has to confirm anew.
    pub(crate) fn point_to(&mut self, url: String) {
        if self.url.as_ref() != Some(&url) {
            self.arn = None;
            self.tokens.clear();
        }
        self.url = Some(url);
    }

    /// A token as long as Amazon's.
    pub(crate) fn new_token(&mut self, topic: &str) -> String {
        let random: String = (0..4).map(|_| Uuid::new_v4().simple().to_string()).collect();
        let token = format!("2336412f37{random}");
        self.tokens.insert(token.clone(), topic.to_owned());
        token
    }

    /// Repeating a confirmation answers the same, as SNS does.
    pub(crate) fn confirm(&mut self, topic: &str, token: &str) -> Result<String, Refusal> {
        match self.tokens.get(token) {
            Some(own) if own == topic => {}
            Some(_) => return Err(Refusal::Topic),
            None => return Err(Refusal::Token),
        }
        let new = || format!("{topic}:{}", Uuid::new_v4());
        Ok(self.arn.get_or_insert_with(new).clone())
    }

    pub(crate) fn note(&mut self, receipt: Receipt) {
        if self.deliveries.len() == LOG {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(receipt);
    }

    /// For a reset: the subscriber stays, what it was told is forgotten.
    pub(crate) fn without_history(&self) -> Self {
        Self { deliveries: VecDeque::new(), ..self.clone() }
    }

    pub(crate) fn shown(&self) -> Value {
        json!({
            "url": self.url, "confirmed": self.arn.is_some(), "subscription_arn": self.arn,
            "topic_arn": self.topic_arn, "signature_version": self.signature_version,
            "retry_delay_ms": u64::try_from(self.retry_delay.as_millis()).unwrap_or(u64::MAX), "pending": self.pending,
            "deliveries": self.deliveries.iter().map(Receipt::shown).collect::<Vec<_>>(),
        })
    }
}
